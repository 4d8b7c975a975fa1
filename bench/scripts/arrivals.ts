/** 2,000 arrivals a second with next to nothing to do: what is left is how punctually they start. */
export const options = {
  scenarios: {
    open: {
      executor: 'constant-arrival-rate',
      rate: 2000,
      duration: '20s',
      preAllocatedVUs: 50,
      maxVUs: 200,
    },
  },
};

export default function () {}
