import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["egop/**/*.js"],
    languageOptions: {globals: globals.browser},
  },
  {
    files: ["eslint.config.js", "tests/**/*.js"],
    languageOptions: {globals: globals.node},
  },
  {
    linterOptions: {reportUnusedDisableDirectives: "error"},
    rules: {
      "array-callback-return": "error",
      "eqeqeq": ["error", "always", {null: "ignore"}],
      "no-implicit-globals": "error",
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-unneeded-ternary": "error",
      "no-unused-expressions": "error",
      "no-use-before-define": ["error", {functions: false, variables: false}],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
];
