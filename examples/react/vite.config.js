// The package's workers are modules in parts, and find them beside themselves.
export default { base: "./", worker: { format: "es" }, optimizeDeps: { exclude: ["auroralong-web"] } };
