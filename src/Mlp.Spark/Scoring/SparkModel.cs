using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Registry;

namespace Mlp.Spark.Scoring;

/// <summary>A model that scores tables of Spark: a version of a registry, or a model package. Immutable and thread-safe.</summary>
public sealed class SparkModel
{
    private readonly Func<CancellationToken, Task<ModelSource>> _find;

    private SparkModel(Func<CancellationToken, Task<ModelSource>> find) => _find = find;

    /// <summary>The version that an alias points at when a query first needs it.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="name">Model name.</param>
    /// <param name="alias">Alias.</param>
    public static SparkModel FromAlias(IModelRegistry registry, string name, string alias = "champion")
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(alias);
        return new SparkModel(_ => Task.FromResult(InRegistry(
            registry,
            name,
            registry.FindAlias(name, alias)?.Version ?? throw new ModelNotFoundException(name, alias, $"Expected alias '{alias}' of model '{name}' in the registry, but found no such alias."))));
    }

    /// <summary>A version of a registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="name">Model name.</param>
    /// <param name="version">Version, from 1.</param>
    public static SparkModel FromVersion(IModelRegistry registry, string name, int version)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new SparkModel(_ => Task.FromResult(InRegistry(registry, name, version)));
    }

    /// <summary>A model package (<c>.mlpkg</c>) that a registry has exported.</summary>
    /// <param name="path">Path of the package on this machine.</param>
    /// <param name="executorPath">
    /// Absolute path under which every executor sees the same file, for example on a network file system; null sends the package along with the session.
    /// </param>
    /// <exception cref="ArgumentException">A path is none that this machine, or the executors, can open, such as <c>s3://…</c>.</exception>
    public static SparkModel FromPackage(string path, string? executorPath = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (path.Contains("://", StringComparison.Ordinal))
        {
            throw new ArgumentException($"Expected a path of this machine's file system for the model package, but found '{path}': fetch the file, or mount the storage as a folder.", nameof(path));
        }

        if (executorPath is not null)
        {
            ExecutorPath.Require(executorPath, "model package", nameof(executorPath));
        }

        return new SparkModel(token => Task.Run(() => InPackage(path, executorPath), token));
    }

    /// <summary>Finds the model.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModelNotFoundException">The registry does not have it.</exception>
    /// <exception cref="FileNotFoundException">There is no package.</exception>
    internal Task<ModelSource> FindAsync(CancellationToken cancellationToken) => _find(cancellationToken);

    private static ModelSource InRegistry(IModelRegistry registry, string name, int version)
    {
        var manifest = registry.FindVersion(name, version) ?? throw ModelNotFoundException.ForVersion(name, version);
        return new ModelSource(manifest, (path, token) => registry.ExportAsync(name, version, path, overwrite: true, cancellationToken: token), null, null);
    }

    private static ModelSource InPackage(string path, string? executorPath)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new FileNotFoundException($"Expected a model package at '{full}', but found {(Directory.Exists(full) ? "a folder" : "none")}.", full);
        }

        using var zip = new StoredZipReader(full);
        PackageFormat.ReadType(zip.Read(PackageFormat.TypeEntry, PackageFormat.MaximumDocumentLength), full);
        var manifest = ModelManifestJson.Deserialize(zip.Read(PackageFormat.ManifestEntry, PackageFormat.MaximumDocumentLength), full);
        return new ModelSource(manifest, null, full, executorPath);
    }
}
