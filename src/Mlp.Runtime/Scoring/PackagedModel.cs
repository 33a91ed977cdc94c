using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// A model package that scores tables where there is no registry and no platform, proved as one that is loaded to serve. Every null policy is a role of its own; all of them share the session. Slots are kept for the
/// next caller. Thread-safe, but for <see cref="Dispose"/>, which comes when no one scores.
/// </summary>
internal sealed class PackagedModel : IDisposable
{
    private static readonly PredictionClock Clock = new(TimeProvider.System);

    private readonly ConcurrentDictionary<string, Lazy<PackagedModelRole>> _roles = new(StringComparer.Ordinal);
    private readonly LoadedVersion _loaded;
    private readonly ModelSettings _settings;
    private readonly string? _externalData;

    private PackagedModel(LoadedVersion loaded, ModelSettings settings, string sha256, string? externalData)
    {
        _loaded = loaded;
        _settings = settings;
        _externalData = externalData;
        Sha256 = sha256;
    }

    /// <summary>The version.</summary>
    public ModelManifest Manifest => _loaded.Manifest;

    /// <summary>SHA-256 of the package.</summary>
    public string Sha256 { get; }

    /// <summary>Which engine scores.</summary>
    public KernelDescription Engine => _loaded.Engine;

    /// <summary>The features, in order.</summary>
    public InputPlan Inputs => _loaded.Inputs;

    /// <summary>Reads, checks and proves a package.</summary>
    /// <param name="path">Full path of the package.</param>
    /// <param name="kernels">Whether a kernel may score.</param>
    /// <param name="requireHash">Refuses another SHA-256 than is wanted, before the model runs.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="CorruptFileException">It is no model package, or a damaged one.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="InvalidModelException">The model in it does not run, or has no score.</exception>
    public static PackagedModel Load(string path, KernelUse kernels, Action<string> requireHash)
    {
        string? folder = null;
        try
        {
            var contents = PackageContents.Read(path, (file, content) => Copy(folder ??= Directory.CreateTempSubdirectory("mlp-model-").FullName, file, content));
            requireHash(contents.Sha256);
            var manifest = contents.Manifest;
            if (manifest.Output.Task == ModelTask.Tensors)
            {
                throw new InvalidModelException(manifest.Name, $"Expected a model with a score, but it was published with task {ModelTask.Tensors} ({manifest.Where}).");
            }

            var settings = ModelSettings.From(manifest.Name, new ModelOptions { Version = manifest.Version, PoolSize = 1, Kernels = kernels });
            using var span = new LoadSpan(manifest.Name, manifest.Version, TimeProvider.System);
            var loaded = new ModelProver(new AcceleratorProbe(), TimeProvider.System).Load(
                settings, manifest, new OnnxFiles(contents.Onnx, folder, WeightStorage.Resident, 0), contents.GoldenRows, () => null, span, CancellationToken.None);
            return new PackagedModel(loaded, settings, contents.Sha256, folder);
        }
        catch
        {
            Delete(folder);
            throw;
        }
    }

    /// <summary>The model with a null policy.</summary>
    /// <param name="nulls">The policy.</param>
    /// <exception cref="InvalidModelException">The policy does not fit a feature.</exception>
    public PackagedModelRole With(NullSettings nulls)
        => _roles.GetOrAdd(KeyOf(nulls), _ => new Lazy<PackagedModelRole>(() => CreateRole(nulls))).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var role in _roles.Values.Where(r => r.IsValueCreated))
        {
            role.Value.Dispose();
        }

        _loaded.Release();
        Delete(_externalData);
    }

    private static string KeyOf(NullSettings nulls)
        => $"{nulls.Policy}\n{string.Join('\n', nulls.Features.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\t{f.Value.Policy}\t{f.Value.Value}"))}";

    private PackagedModelRole CreateRole(NullSettings nulls)
    {
        var rules = NullRules.Create(Manifest, Inputs, nulls);
        ObjectDisposedException.ThrowIf(!_loaded.Session.TryAcquire(), this);
        var served = new ServedModel(Manifest, VersionSelector.FromVersion(Manifest.Version).Variant, [], Inputs.Layout);
        return new PackagedModelRole(
            new ServingVersion(served, _loaded.Session, Inputs, _loaded.Outputs, reader: null, new PredictionRecorder(served, [], NullLogger.Instance), Clock, _settings)
            {
                Nulls = rules,
                RunNanoseconds = _loaded.RunNanoseconds,
                Engine = _loaded.Engine,
            });
    }

    private static string Copy(string folder, ExternalDataFile file, Stream content)
    {
        var path = Path.Combine([folder, .. file.Path.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            content.CopyTo(target);
        }

        using var written = File.OpenRead(path);
        return ContentHash.Of(written);
    }

    private static void Delete(string? folder)
    {
        if (folder is not null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
