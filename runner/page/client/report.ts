/** Entry of the report: shows the data that stands in the page. */

import type { PageData } from '../model.ts';
import { createPage } from './page.ts';

const data = document.getElementById('data');
const root = document.getElementById('page');
if (data !== null && root !== null) createPage(root).update(JSON.parse(data.textContent ?? '') as PageData);
