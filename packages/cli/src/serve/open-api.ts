/** What `GET /openapi.json` says of the server: OpenAPI 3.1. */
export function openApi(version: string, models: readonly string[], isGuarded: boolean): object {
  const json = (schema: object) => ({ content: { 'application/json': { schema } } });
  const refusal = (description: string) => ({
    description,
    ...json({ $ref: '#/components/schemas/Refusal' }),
  });
  const refusals = {
    400: refusal('The request or a picture in it cannot be read.'),
    401: refusal('The token is missing or another.'),
    404: refusal('There is no such model.'),
    413: refusal('The request has more bytes or pictures than this server takes.'),
    429: refusal('Too many requests wait: try again after `Retry-After` seconds.'),
    503: refusal('The server stops, or the answer took too long.'),
  };
  const binary = { schema: { type: 'string', format: 'binary' } };
  const base64 = { type: 'string', contentEncoding: 'base64' };
  const model = { name: 'model', in: 'path', required: true, schema: { enum: models } };
  const get = (summary: string, type = 'application/json') => ({
    get: { summary, responses: { 200: { description: summary, content: { [type]: {} } } } },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'zoo serve', version },
    ...(isGuarded && { security: [{ token: [] }] }),
    paths: {
      '/predict': {
        post: {
          summary: 'The most probable classes of pictures',
          parameters: [
            { name: 'model', in: 'query', schema: { enum: models, default: models[0] } },
            { name: 'top', in: 'query', schema: { type: 'integer', minimum: 1, default: 5 } },
          ],
          requestBody: {
            required: true,
            content: {
              'multipart/form-data': { schema: { type: 'object', additionalProperties: binary.schema } },
              'image/*': binary,
              'application/octet-stream': binary,
              'application/json': {
                schema: {
                  oneOf: [
                    { type: 'object', required: ['image'], properties: { image: base64 } },
                    {
                      type: 'object',
                      required: ['images'],
                      properties: { images: { type: 'array', items: base64 } },
                    },
                    {
                      type: 'object',
                      required: ['url'],
                      properties: { url: { type: 'string', format: 'uri' } },
                    },
                  ],
                },
              },
            },
          },
          responses: {
            200: { description: 'Classes', ...json({ $ref: '#/components/schemas/Answer' }) },
            ...refusals,
          },
        },
      },
      '/v1/models/{model}:predict': {
        post: {
          summary: "TensorFlow Serving's predict call",
          parameters: [model],
          requestBody: {
            required: true,
            ...json({
              type: 'object',
              properties: { instances: { type: 'array' }, inputs: { type: 'array' } },
            }),
          },
          responses: {
            200: { description: 'Probabilities of all classes', ...json({ type: 'object' }) },
            ...refusals,
          },
        },
      },
      '/v1/models': get('The models of this server'),
      '/v1/models/{model}': {
        ...get("A model's state, as TensorFlow Serving tells it"),
        parameters: [model],
      },
      '/healthz': get('The process runs', 'text/plain'),
      '/readyz': get('The server takes requests', 'text/plain'),
      '/metrics': get('Numbers for Prometheus', 'text/plain'),
    },
    components: {
      schemas: {
        Refusal: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
        Class: {
          type: 'object',
          properties: {
            className: { type: 'string' },
            probability: { type: 'number', minimum: 0, maximum: 1 },
          },
        },
        Answer: {
          type: 'object',
          properties: {
            model: { type: 'string' },
            predictions: { type: 'array', items: { $ref: '#/components/schemas/Class' } },
            results: { type: 'array', items: { type: 'object' } },
          },
        },
      },
      ...(isGuarded && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}
