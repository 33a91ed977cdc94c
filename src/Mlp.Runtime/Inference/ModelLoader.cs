using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Loads a version so that it may answer: its file is the published one, its inputs are what the manifest says, its features are what the feature service delivers, and its
/// golden rows are answered as they were when it was published. Whatever fails leaves nothing behind. Thread-safe.
/// </summary>
internal sealed class ModelLoader(IModelRegistry registry, IFeatureSource? features, IAcceleratorProbe probe, TimeProvider time)
{
    private readonly ModelProver _prover = new(probe, time);

    /// <inheritdoc cref="ModelProver.ChooseAccelerator"/>
    public AcceleratorChoice ChooseAccelerator(ModelSettings settings) => _prover.ChooseAccelerator(settings);

    /// <summary>Loads and proves a version.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <param name="version">Version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The version; the caller releases it.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidModelException">The file, its description and its feature service do not fit together.</exception>
    /// <exception cref="CorruptFileException">The file is not what was published.</exception>
    public async Task<LoadedVersion> LoadAsync(ModelSettings settings, int version, CancellationToken cancellationToken)
    {
        using var span = new LoadSpan(settings.Name, version, time);
        try
        {
            return await LoadAsync(settings, version, span, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
    }

    private async Task<LoadedVersion> LoadAsync(ModelSettings settings, int version, LoadSpan span, CancellationToken cancellationToken)
    {
        var manifest = registry.FindVersion(settings.Name, version) ?? throw ModelNotFoundException.ForVersion(settings.Name, version);
        var files = await registry.OpenOnnxAsync(manifest, settings.Weights, cancellationToken).ConfigureAwait(false);
        var golden = await registry.ReadGoldenRowsAsync(manifest, cancellationToken).ConfigureAwait(false);
        span.Passed("files");
        return _prover.Load(settings, manifest, files, golden, () => ModelFeatureService.Find(manifest, settings.FeatureService, features), span, cancellationToken);
    }
}
