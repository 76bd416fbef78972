import assert from "node:assert/strict";
import {test} from "node:test";

import {joined, split} from "../../egop/page/address.js";

test("an address is split into the page's own parts and the others, and put together again", () => {
  const {own, others} = split("?tab=surface&theme=dark&page=lab&x=1&run=a%20b");
  assert.equal(joined(own), "?tab=surface&page=lab&run=a+b");
  assert.equal(joined(others), "?theme=dark&x=1");
  assert.equal(joined(others, "page=explorer"), "?theme=dark&x=1&page=explorer");
  assert.equal(joined(split("").own), "");
});
