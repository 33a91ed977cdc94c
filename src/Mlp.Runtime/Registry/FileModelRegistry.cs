using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>
/// The registry in the folder <c>registry</c> of a data directory. A version is a folder that appears by one rename, and the files it names are stored under
/// their SHA-256 before that; an alias is a row of numbered files of which the highest counts. Any number of processes may publish, move aliases and read at
/// once, whatever their <see cref="MlPlatformMode"/>. Thread-safe.
/// </summary>
public sealed class FileModelRegistry : IModelRegistry, IRegistryChanges
{
    private readonly RegistryPaths _paths;
    private readonly TimeProvider _time;
    private readonly ILogger<FileModelRegistry> _logger;
    private readonly Func<IFeatureSource?> _features;
    private readonly BlobStore _blobs;
    private readonly AliasStore _aliases;
    private readonly RouteStore _routes;
    private readonly VersionPublisher _publisher;
    private readonly VersionFiles _files;
    private readonly PackageExporter _exporter;
    private readonly PackageImporter _importer;

    /// <summary>Opens the registry. Nothing is created before something is published.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="timeProvider">The clock of publications and moves.</param>
    /// <param name="logger">Told of each publication and move.</param>
    public FileModelRegistry(DataDirectory directory, TimeProvider timeProvider, ILogger<FileModelRegistry> logger)
        : this(directory, timeProvider, logger, DiskSync.Instance)
    {
    }

    /// <param name="directory">The data directory.</param>
    /// <param name="timeProvider">The clock of publications and moves.</param>
    /// <param name="logger">Told of each publication and move.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="features">Finds the feature source of the platform, which may have none; asked when a version is published.</param>
    internal FileModelRegistry(DataDirectory directory, TimeProvider timeProvider, ILogger<FileModelRegistry> logger, IDiskSync disk, Func<IFeatureSource?>? features = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(logger);
        _time = timeProvider;
        _logger = logger;
        _features = features ?? (static () => null);
        _paths = new RegistryPaths(directory.Registry);
        _blobs = new BlobStore(_paths, disk, logger);
        _aliases = new AliasStore(_paths, disk);
        _routes = new RouteStore(_paths, disk);
        _publisher = new VersionPublisher(_paths, disk, _blobs, timeProvider);
        _files = new VersionFiles(_paths, _blobs);
        _exporter = new PackageExporter(_paths, disk);
        _importer = new PackageImporter(_paths, disk, _publisher);
    }

    private event Action<string>? Changed;

    event Action<string>? IRegistryChanges.Changed
    {
        add => Changed += value;
        remove => Changed -= value;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there, so the file cannot be tried.</exception>
    /// <exception cref="MlPlatformException">The feature service that the package names is known here, but does not compute what it did under this version.</exception>
    /// <remarks>
    /// Checks and writes on a thread of the pool. A failure after the files were stored may leave them behind; no version names them, and the same files published
    /// again use them.
    /// </remarks>
    public async Task<ModelManifest> PublishAsync(string name, ModelPackage package, CancellationToken cancellationToken = default)
    {
        PlatformName.Require(name, "model", nameof(name));
        ArgumentNullException.ThrowIfNull(package);
        var manifest = await Task.Run(() => Publish(name, package, cancellationToken), cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("Published model {Model} version {Version}.", name, manifest.Version);
        Changed?.Invoke(name);
        return manifest;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <exception cref="CorruptFileException">The manifest is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the manifest.</exception>
    public ModelManifest? FindVersion(string name, int version)
    {
        PlatformName.Require(name, "model", nameof(name));
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        var path = _paths.Manifest(name, version);
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Directory.Exists(_paths.Version(name, version))
                ? throw new CorruptFileException(path, $"Expected the manifest of model '{name}' version {version} at '{path}', but found no file.", innerException: e)
                : null;
        }

        var manifest = ModelManifestJson.Deserialize(json, path);
        return manifest.Name == name && manifest.Version == version
            ? manifest
            : throw new CorruptFileException(
                path, $"Expected the manifest of model '{name}' version {version} at '{path}', but found that of '{manifest.Name}' version {manifest.Version}.");
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    public IReadOnlyList<int> ListVersions(string name)
    {
        PlatformName.Require(name, "model", nameof(name));
        return _publisher.ListVersions(name);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListModels()
    {
        try
        {
            return [.. Directory.EnumerateDirectories(_paths.Models)
                .Select(d => Path.GetFileName(d))
                .Where(n => PlatformName.IsValid(n) && _publisher.ListVersions(n).Count > 0)
                .Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A name is no name.</exception>
    /// <exception cref="CorruptFileException">The file of the last move is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform moved the alias.</exception>
    public ModelAlias? FindAlias(string name, string alias)
    {
        PlatformName.Require(name, "model", nameof(name));
        PlatformName.Require(alias, "alias", nameof(alias));
        return _aliases.Find(name, alias);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A name is no name.</exception>
    /// <remarks>After an <see cref="IOException"/> the move may have happened: read the alias again.</remarks>
    public async Task<ModelAlias> SetAliasAsync(
        string name, string alias, int version, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
    {
        PlatformName.Require(name, "model", nameof(name));
        PlatformName.Require(alias, "alias", nameof(alias));
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedRevision);
        var moved = await Task.Run(() => Move(name, alias, version, expectedRevision, reason), cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("Alias {Alias} of model {Model} points at version {Version} (revision {Revision}).", alias, name, version, moved.Revision);
        Changed?.Invoke(name);
        return moved;
    }

    /// <inheritdoc/>
    public IReadOnlyList<AliasMove> ListAliasMoves(string name, string alias)
    {
        PlatformName.Require(name, "model", nameof(name));
        PlatformName.Require(alias, "alias", nameof(alias));
        return _aliases.List(name, alias);
    }

    /// <inheritdoc/>
    /// <remarks>After an <see cref="IOException"/> the removal may have happened: read the alias again.</remarks>
    public async Task RemoveAliasAsync(string name, string alias, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
    {
        PlatformName.Require(name, "model", nameof(name));
        PlatformName.Require(alias, "alias", nameof(alias));
        ArgumentOutOfRangeException.ThrowIfNegative(expectedRevision);
        if (!await Task.Run(() => _aliases.Remove(name, alias, expectedRevision, _time.GetUtcNow(), reason), cancellationToken).ConfigureAwait(false))
        {
            throw new ModelNotFoundException(name, $"alias '{alias}'", $"Expected alias '{alias}' of model '{name}' to remove, but found no such alias.");
        }

        _logger.LogInformation("Alias {Alias} of model {Model} has been removed: {Reason}", alias, name, reason ?? "no reason given");
        Changed?.Invoke(name);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <exception cref="CorruptFileException">The file of the last change is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform changed the route.</exception>
    public StoredRoute? FindRoute(string name)
    {
        PlatformName.Require(name, "model", nameof(name));
        return _routes.Find(name);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <exception cref="CorruptFileException">A file is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform changed the route.</exception>
    public IReadOnlyList<StoredRoute> ListRouteChanges(string name)
    {
        PlatformName.Require(name, "model", nameof(name));
        return _routes.List(name);
    }

    /// <inheritdoc/>
    /// <remarks>After an <see cref="IOException"/> the change may have happened: read the route again.</remarks>
    public Task<StoredRoute> SetRouteAsync(string name, ModelRoute route, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(route);
        RouteRules.Require(route, nameof(route));
        return ChangeRouteAsync(name, route, expectedRevision, reason, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <remarks>After an <see cref="IOException"/> the change may have happened: read the route again.</remarks>
    public Task RemoveRouteAsync(string name, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => ChangeRouteAsync(name, null, expectedRevision, reason, cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> ReadOnnxAsync(ModelManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return _files.ReadOnnxAsync(manifest, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public async Task<TrainingSetManifest?> ReadTrainingSetManifestAsync(ModelManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.TrainingSetManifestSha256 is { } hash
            ? TrainingSetManifestJson.Deserialize(await _files.ReadAsync(manifest, hash, "training set's manifest", cancellationToken).ConfigureAwait(false), _blobs.PathOf(hash))
            : null;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadReferenceProfileAsync(ModelManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.ReferenceProfileSha256 is { } hash
            ? await _files.ReadAsync(manifest, hash, "reference profile", cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The manifest is none that this registry wrote.</exception>
    /// <exception cref="IOException">The weights of a one-file model cannot be written in the form that is mapped: the disk is full, or the registry is read-only.</exception>
    public Task<OnnxFiles> OpenOnnxAsync(ModelManifest manifest, WeightStorage weights, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return _files.OpenOnnxAsync(manifest, weights == WeightStorage.Automatic ? WeightStorage.Mapped : weights, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote them.</exception>
    public async Task<GoldenRows?> ReadGoldenRowsAsync(ModelManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.GoldenRowsSha256 is { } hash
            ? GoldenRowsFile.Read(await _files.ReadAsync(manifest, hash, "golden rows", cancellationToken).ConfigureAwait(false), _blobs.PathOf(hash))
            : null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    public async Task<string> ExportAsync(
        string name, int version, string path, bool includeGoldenRows = true, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var wanted = FormattableString.Invariant($"version {version}");
        if (FindVersion(name, version) is null)
        {
            throw new ModelNotFoundException(name, wanted, $"Expected {wanted} of model '{name}' in the registry, but found no such version.");
        }

        var hash = await Task.Run(() => _exporter.Export(name, version, path, includeGoldenRows, overwrite, cancellationToken), cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("Exported model {Model} version {Version} to {Path}.", name, version, path);
        return hash;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is no name.</exception>
    /// <exception cref="IOException">The package cannot be read, or the disk is full.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there, so the model cannot be tried.</exception>
    public async Task<ModelManifest> ImportAsync(string path, string? name = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (name is not null)
        {
            PlatformName.Require(name, "model", nameof(name));
        }

        var manifest = await Task.Run(() => _importer.Import(path, name, cancellationToken), cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("Imported model {Model} version {Version} from {Path}.", manifest.Name, manifest.Version, path);
        Changed?.Invoke(manifest.Name);
        return manifest;
    }

    private async Task<StoredRoute> ChangeRouteAsync(string name, ModelRoute? route, long expectedRevision, string? reason, CancellationToken cancellationToken)
    {
        PlatformName.Require(name, "model", nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegative(expectedRevision);
        if (_publisher.ListVersions(name).Count == 0)
        {
            throw new ModelNotFoundException(name, name, $"Expected a published version of model '{name}' for its route, but found none.");
        }

        var changed = await Task.Run(() => _routes.Change(name, route, expectedRevision, _time.GetUtcNow(), reason), cancellationToken).ConfigureAwait(false);
        _logger.LogInformation("The route of model {Model} has changed (revision {Revision}): {Reason}", name, changed.Revision, reason ?? "no reason given");
        Changed?.Invoke(name);
        return changed;
    }

    private ModelManifest Publish(string name, ModelPackage package, CancellationToken cancellationToken)
    {
        if (package.FeatureService is { } service)
        {
            // Whether it is the service that the model was trained on is asked where the model is loaded: this process may know another one, or none.
            _features()?.FindService(service.Name, service.Version);
        }

        return _publisher.Publish(name, package, cancellationToken);
    }

    private ModelAlias Move(string name, string alias, int version, long expectedRevision, string? reason)
    {
        if (!File.Exists(_paths.Manifest(name, version)))
        {
            var wanted = FormattableString.Invariant($"version {version}");
            throw new ModelNotFoundException(name, wanted, $"Expected {wanted} of model '{name}' for alias '{alias}', but found no such version.");
        }

        return _aliases.Move(name, alias, version, expectedRevision, _time.GetUtcNow(), reason);
    }
}
