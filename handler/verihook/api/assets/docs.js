// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
SwaggerUIBundle({
  dom_id: "#swagger-ui",
  // Relative to the page: a stage or a base path before it stands before this too.
  url: new URL("v1/openapi.json", document.baseURI).href,
  // No other host hears of this page, and the key that is typed here is gone when it is closed.
  validatorUrl: null,
  persistAuthorization: false,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
});
