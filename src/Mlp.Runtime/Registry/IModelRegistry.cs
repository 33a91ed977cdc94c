using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Registry;

/// <summary>
/// Published model versions and the aliases that point at them. Versions are immutable and their files content-addressed; safe for many processes at once. Thread-safe.
/// <para>
/// Applications call it and do not implement it: members are added in any version.
/// </para>
/// </summary>
public interface IModelRegistry
{
    /// <summary>Publishes a new version. When the task completes it is on the device; when it fails nothing of it is visible.</summary>
    /// <param name="name">Model name: letters, digits, '-', '_' and '.', at most 100 characters.</param>
    /// <param name="package">The model and its description.</param>
    /// <param name="cancellationToken">Gives up before the version becomes visible.</param>
    /// <returns>The manifest of the new version.</returns>
    /// <exception cref="InvalidModelException">The bytes are not a valid ONNX file, or the description does not fit it.</exception>
    Task<ModelManifest> PublishAsync(string name, ModelPackage package, CancellationToken cancellationToken = default);

    /// <summary>The manifest of a version.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="version">Version from 1.</param>
    /// <returns>The manifest, or null if there is no such version.</returns>
    ModelManifest? FindVersion(string name, int version);

    /// <summary>The versions of a model, ascending.</summary>
    /// <param name="name">Model name.</param>
    /// <returns>Version numbers; empty for an unknown model.</returns>
    IReadOnlyList<int> ListVersions(string name);

    /// <summary>The names of all models, ordinal order.</summary>
    /// <returns>Model names.</returns>
    IReadOnlyList<string> ListModels();

    /// <summary>Where an alias points.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="alias">Alias, for example <c>champion</c>.</param>
    /// <returns>The alias, or null if it does not exist.</returns>
    ModelAlias? FindAlias(string name, string alias);

    /// <summary>Moves an alias if it is where the caller last saw it.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="alias">Alias: lower-case letters a to z, digits, '-', '_' and '.', a letter or digit first, at most 100 characters.</param>
    /// <param name="version">The version it shall point at, which exists.</param>
    /// <param name="expectedRevision">Revision of the alias as the caller saw it; 0 if it did not exist.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up before the move.</param>
    /// <returns>The alias after the move; on the device when the task completes.</returns>
    /// <exception cref="AliasConflictException">Somebody else moved it first.</exception>
    /// <exception cref="ModelNotFoundException">The version does not exist.</exception>
    Task<ModelAlias> SetAliasAsync(
        string name, string alias, int version, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Every move of an alias, removals included.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="alias">Alias name.</param>
    /// <returns>Oldest first; empty for an alias that there never was.</returns>
    IReadOnlyList<AliasMove> ListAliasMoves(string name, string alias);

    /// <summary>
    /// Removes an alias if it is where the caller last saw it. Models that follow it keep the version they serve, and say that the alias does not exist; its history stays, and setting it again goes on from there.
    /// </summary>
    /// <param name="name">Model name.</param>
    /// <param name="alias">Alias name.</param>
    /// <param name="expectedRevision">Revision that the caller saw.</param>
    /// <param name="reason">Why it is removed.</param>
    /// <param name="cancellationToken">Gives up before the removal.</param>
    /// <returns>A task that completes when the removal is on the device.</returns>
    /// <exception cref="ModelNotFoundException">There is no such alias.</exception>
    /// <exception cref="AliasConflictException">Somebody else moved it first.</exception>
    Task RemoveAliasAsync(string name, string alias, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>The route of a model: how its calls are shared out between versions. Every process that serves the model follows it.</summary>
    /// <param name="name">Model name.</param>
    /// <returns>The route, or null where none is stored and each process has that of its options.</returns>
    StoredRoute? FindRoute(string name);

    /// <summary>Every change of the route of a model, removals included.</summary>
    /// <param name="name">Model name.</param>
    /// <returns>Oldest first; empty where no route was ever stored.</returns>
    IReadOnlyList<StoredRoute> ListRouteChanges(string name);

    /// <summary>
    /// Stores the route of a model if it is where the caller last saw it. It wins over the options of every process, within their poll interval and in this one at once. A target that does not
    /// exist yet is no error: its calls go to the champion until it does.
    /// </summary>
    /// <param name="name">Model name.</param>
    /// <param name="route">The route.</param>
    /// <param name="expectedRevision">Revision of the route as the caller saw it; 0 if there was none.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up before the change.</param>
    /// <returns>The route after the change, with the buckets of its variants; on the device when the task completes.</returns>
    /// <exception cref="ArgumentException">The route is not whole: a name is none or there twice, shares are more than all calls, or the canary's plan is none.</exception>
    /// <exception cref="ModelNotFoundException">No version of the model is published.</exception>
    /// <exception cref="RouteConflictException">Somebody else changed it first.</exception>
    Task<StoredRoute> SetRouteAsync(string name, ModelRoute route, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Removes the route of a model if it is where the caller last saw it, so that each process goes back to that of its options.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="expectedRevision">Revision of the route as the caller saw it.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Gives up before the change.</param>
    /// <returns>A task that completes when the removal is on the device.</returns>
    /// <exception cref="ModelNotFoundException">No version of the model is published.</exception>
    /// <exception cref="RouteConflictException">Somebody else changed it first.</exception>
    Task RemoveRouteAsync(string name, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a version's ONNX file and checks its SHA-256.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Bytes of the file.</returns>
    /// <exception cref="CorruptFileException">The file is missing or is not what was published.</exception>
    Task<byte[]> ReadOnnxAsync(ModelManifest manifest, CancellationToken cancellationToken = default);

    /// <summary>Reads the manifest of the training set that a version was trained on and checks its SHA-256.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The manifest, or null when the version has none.</returns>
    /// <exception cref="CorruptFileException">The file is missing or is not what was published.</exception>
    Task<TrainingSetManifest?> ReadTrainingSetManifestAsync(ModelManifest manifest, CancellationToken cancellationToken = default);

    /// <summary>Reads a version's reference profile as JSON and checks its SHA-256.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>JSON bytes, or null when the version has none.</returns>
    /// <exception cref="CorruptFileException">The file is missing or is not what was published.</exception>
    Task<byte[]?> ReadReferenceProfileAsync(ModelManifest manifest, CancellationToken cancellationToken = default);

    /// <summary>Reads a version's golden rows and checks their SHA-256.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The rows, or null when the version has none.</returns>
    /// <exception cref="CorruptFileException">The file is missing or is not what was published.</exception>
    Task<GoldenRows?> ReadGoldenRowsAsync(ModelManifest manifest, CancellationToken cancellationToken = default);

    /// <summary>Opens a version's ONNX file, external data included, in the form that a session is made from, and checks every SHA-256.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="weights">Where the weights shall lie; <see cref="WeightStorage.Automatic"/> begins with mapped ones.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The bytes of the model and where the rest lies.</returns>
    /// <exception cref="CorruptFileException">A file is missing or is not what was published.</exception>
    Task<OnnxFiles> OpenOnnxAsync(ModelManifest manifest, WeightStorage weights, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a version as one file (<c>.mlpkg</c>, a zip archive) for another environment. The same version gives the same bytes. When the task completes the file is on the device.
    /// </summary>
    /// <param name="name">Model name.</param>
    /// <param name="version">Version from 1.</param>
    /// <param name="path">Path of the package, in a folder that exists.</param>
    /// <param name="includeGoldenRows">Whether the golden rows, which are real data, go with it.</param>
    /// <param name="overwrite">Whether a file of that name is replaced, as a whole; else it is refused.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <returns>SHA-256 of the package, 64 lower-case hexadecimal digits.</returns>
    /// <exception cref="ModelNotFoundException">The version does not exist.</exception>
    /// <exception cref="CorruptFileException">A file of the version is missing or is not what was published.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder of the package does not exist.</exception>
    /// <exception cref="IOException">A file of that name exists and is not to be overwritten, or the package cannot be written.</exception>
    Task<string> ExportAsync(
        string name, int version, string path, bool includeGoldenRows = true, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <summary>Publishes what a package holds as a new version, after every check that a publication makes. When the task fails nothing of it is visible.</summary>
    /// <param name="path">Path of the package.</param>
    /// <param name="name">Name of the model; null for the name in the package.</param>
    /// <param name="cancellationToken">Gives up before the version becomes visible.</param>
    /// <returns>The manifest of the new version, whose <see cref="ModelManifest.Origin"/> says where it came from.</returns>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="CorruptFileException">It is no model package, or a damaged one.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="InvalidModelException">The model in it cannot be published.</exception>
    Task<ModelManifest> ImportAsync(string path, string? name = null, CancellationToken cancellationToken = default);
}
