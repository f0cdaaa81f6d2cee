// Node loads this before Azurite (--require). Azurite keeps its lists of blobs in LokiJS, which
// writes them to disk every five seconds: a kill in between loses blobs that it has acknowledged.
// Here the answer to a change waits until both lists are on disk.
const { ServerResponse } = require("node:http");
const { createRequire } = require("node:module");

const Loki = createRequire(process.argv[1])("lokijs");
const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const databases = new Set();

// LokiJS calls it from its constructor.
const { configureOptions } = Loki.prototype;
Loki.prototype.configureOptions = function (...options) {
  databases.add(this);
  return configureOptions.apply(this, options);
};

function save(database) {
  return new Promise((resolve, reject) => {
    database.saveDatabase((error) => (error ? reject(error) : resolve()));
  });
}

const { end } = ServerResponse.prototype;
ServerResponse.prototype.end = function (...content) {
  if (READS.has(this.req.method)) {
    return end.apply(this, content);
  }
  Promise.all([...databases].map(save)).then(
    () => end.apply(this, content),
    // Without an answer the client tries again.
    (error) => this.destroy(error),
  );
  return this;
};
