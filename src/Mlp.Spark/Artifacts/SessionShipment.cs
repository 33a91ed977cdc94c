using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Artifacts;

/// <summary>
/// What a session needs on the executors: the worker, models, assemblies. Each travels once, before the first query that uses it, under a name that its content gives. Thread-safe.
/// </summary>
/// <param name="artifacts">Sends files.</param>
/// <param name="settings">The settings of the session.</param>
/// <param name="options">What the user has said.</param>
internal sealed class SessionShipment(SparkArtifacts artifacts, SparkSettings settings, SparkSessionOptions options) : IDisposable
{
    private const string WorkerSetting = "spark.sql.execution.pyspark.python";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, FileReference> _shipped = new(StringComparer.Ordinal);
    private bool _hasWorker;

    /// <summary>Makes the executors start the worker where they would start Python.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="WorkerNotFoundException">There is no archive to send, and no path was said.</exception>
    /// <exception cref="CorruptFileException">The archive is none of the worker, or not whole.</exception>
    /// <exception cref="ArgumentException">The path that was said is a URI.</exception>
    public async Task ShipWorkerAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_hasWorker)
            {
                return;
            }

            var path = options.WorkerPath;
            if (path is null)
            {
                var archive = WorkerArchive.Find(options.WorkerArchivePath);
                await WorkerArchive.RequireWholeAsync(archive, cancellationToken).ConfigureAwait(false);
                await artifacts.AddArchiveAsync(archive, WorkerArchive.ExecutorFolder, cancellationToken).ConfigureAwait(false);
                path = WorkerArchive.ExecutorPath;
            }

            ExecutorPath.RequireNoUri(path, "worker", nameof(SparkSessionOptions.WorkerPath));

            await settings.SetAsync(WorkerSetting, path, cancellationToken).ConfigureAwait(false);
            _hasWorker = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes a model package visible to the executors.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where the worker finds it.</returns>
    public Task<FileReference> ShipModelAsync(ModelSource model, CancellationToken cancellationToken)
    {
        var key = model.PackagePath ?? FormattableString.Invariant($"{model.Manifest.Name}/{model.Manifest.Version}/{model.Manifest.OnnxSha256}");
        return ShipOnceAsync($"model {key} {model.ExecutorPath}", () => ShipPackageAsync(model, cancellationToken), cancellationToken);
    }

    /// <summary>Makes an assembly, and what it refers to, visible to the executors.</summary>
    /// <param name="method">A method of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where the worker finds it.</returns>
    public Task<FileReference> ShipAssemblyAsync(SparkMethod method, CancellationToken cancellationToken)
        => ShipOnceAsync($"assembly {method.AssemblyPath} {method.ExecutorPath}", () => ShipCodeAsync(method, cancellationToken), cancellationToken);

    /// <summary>Makes the golden rows of an on-demand view visible to the executors.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where the worker finds it.</returns>
    public Task<FileReference> ShipGoldenRowsAsync(string path, CancellationToken cancellationToken)
        => ShipOnceAsync($"golden rows {path}", () => SendAsync(path, ".golden.json", cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<FileReference> ShipOnceAsync(string key, Func<Task<FileReference>> ship, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_shipped.TryGetValue(key, out var reference))
            {
                reference = await ship().ConfigureAwait(false);
                _shipped.Add(key, reference);
            }

            return reference;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<FileReference> ShipPackageAsync(ModelSource model, CancellationToken cancellationToken)
    {
        if (model.PackagePath is { } package)
        {
            var hash = await ContentHash.OfFileAsync(package, cancellationToken).ConfigureAwait(false);
            return model.ExecutorPath is { } seen ? new FileReference(seen, hash) : await SendAsync(package, PackageName(hash), hash, cancellationToken).ConfigureAwait(false);
        }

        // In the folder that the executors see the package gets its name when it is whole.
        var folder = options.SharedFolder ?? Directory.CreateTempSubdirectory("mlp-spark-").FullName;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Expected the folder that {nameof(SparkSessionOptions)}.{nameof(SparkSessionOptions.SharedFolder)} names at '{folder}', but found none: it must be there, on this machine and on every executor.");
        }

        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.mlpkg");
        try
        {
            var hash = await model.ExportAsync!(temporary, cancellationToken).ConfigureAwait(false);
            if (options.SharedFolder is null)
            {
                return await SendAsync(temporary, PackageName(hash), hash, cancellationToken).ConfigureAwait(false);
            }

            var target = Path.Combine(folder, PackageName(hash));
            File.Move(temporary, target, overwrite: true);
            return new FileReference(target, hash);
        }
        finally
        {
            File.Delete(temporary);
            if (options.SharedFolder is null)
            {
                Directory.Delete(folder);
            }
        }
    }

    private async Task<FileReference> SendAsync(string path, string extension, CancellationToken cancellationToken)
    {
        var hash = await ContentHash.OfFileAsync(path, cancellationToken).ConfigureAwait(false);
        return await SendAsync(path, hash + extension, hash, cancellationToken).ConfigureAwait(false);
    }

    private async Task<FileReference> SendAsync(string path, string name, string hash, CancellationToken cancellationToken)
    {
        await artifacts.AddFileAsync(path, name, cancellationToken).ConfigureAwait(false);
        return new FileReference(name, hash);
    }

    private async Task<FileReference> ShipCodeAsync(SparkMethod method, CancellationToken cancellationToken)
    {
        if (!File.Exists(method.AssemblyPath))
        {
            throw new FileNotFoundException($"Expected an assembly at '{method.AssemblyPath}' to send to Spark, but found none.", method.AssemblyPath);
        }

        var hash = await ContentHash.OfFileAsync(method.AssemblyPath, cancellationToken).ConfigureAwait(false);
        if (method.ExecutorPath is { } seen)
        {
            return new FileReference(seen, hash);
        }

        var folder = Directory.CreateTempSubdirectory("mlp-spark-");
        try
        {
            var archive = Path.Combine(folder.FullName, "code.tar.gz");
            AssemblyArchive.Write(method.AssemblyPath, archive);
            var name = (await ContentHash.OfFileAsync(archive, cancellationToken).ConfigureAwait(false))[..16];
            var named = Path.Combine(folder.FullName, $"{name}.tar.gz");
            File.Move(archive, named);
            await artifacts.AddArchiveAsync(named, name, cancellationToken).ConfigureAwait(false);
            return new FileReference($"{name}/{Path.GetFileName(method.AssemblyPath)}", hash);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string PackageName(string hash) => $"{hash}.mlpkg";
}
