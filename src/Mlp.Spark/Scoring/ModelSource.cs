using Mlp.Runtime.Models;

namespace Mlp.Spark.Scoring;

/// <summary>A model that was found. Immutable.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="ExportAsync">Writes its package to a path and gives the SHA-256; null where <paramref name="PackagePath"/> is the package.</param>
/// <param name="PackagePath">Its package on this machine; null where it must be exported.</param>
/// <param name="ExecutorPath">Where every executor sees the package; null where it must be sent.</param>
internal sealed record ModelSource(ModelManifest Manifest, Func<string, CancellationToken, Task<string>>? ExportAsync, string? PackagePath, string? ExecutorPath);
