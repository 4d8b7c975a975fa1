#!/usr/bin/env node
/** The `brunt` command. */

import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2), process.env);
