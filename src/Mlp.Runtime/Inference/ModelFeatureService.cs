using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Finds the feature service of a model version and makes sure that it delivers what the model was trained on.</summary>
internal static class ModelFeatureService
{
    /// <summary>Finds the service.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="wanted">The service that the application names; null for the one of the manifest.</param>
    /// <param name="features">The feature source; null when the platform has none.</param>
    /// <returns>The reader, or null for a model whose callers bring the features.</returns>
    /// <exception cref="InvalidModelException">The service is missing, or is not the one that the model was trained on.</exception>
    public static IFeatureServiceReader? Find(ModelManifest manifest, string? wanted, IFeatureSource? features)
    {
        var trained = manifest.FeatureService;
        if (trained is null && wanted is null)
        {
            return null;
        }

        if (trained is not null && wanted is not null && trained.Name != wanted)
        {
            throw Error(manifest, $"Expected a model trained on feature service '{wanted}', but found '{trained.Name}'");
        }

        var name = trained?.Name ?? wanted!;
        var text = trained is null ? $"'{name}'" : FormattableString.Invariant($"'{name}' version {trained.Version}");
        if (features is null)
        {
            throw Error(manifest, $"Expected feature service {text}, but found no feature source: add the features to the platform");
        }

        var reader = features.FindService(name, trained?.Version) ?? throw Error(manifest, $"Expected feature service {text}, but found no such service");
        var found = reader.Description;
        return trained is null || trained.Fingerprint == found.Fingerprint
            ? reader
            : throw Error(
                manifest,
                $"Expected feature service {text} with fingerprint {Short(trained.Fingerprint)}, on which the model was trained, but found {Short(found.Fingerprint)}: its definition has changed");
    }

    /// <summary>Decides which features fill which input.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="reader">Its feature service; null when callers bring the features.</param>
    /// <exception cref="InvalidModelException">The features of the service, of the manifest and of the file do not fit together.</exception>
    public static InputPlan Plan(ModelManifest manifest, IFeatureServiceReader? reader)
    {
        if (reader is null)
        {
            return manifest.Features is { } described
                ? InputPlan.ForFeatures(manifest, new FeatureRowLayout(described))
                : InputPlan.ForSignature(manifest);
        }

        var service = reader.Description;
        if (manifest.Features is { } expected && FeatureLayoutCheck.FindDifference(expected, service.Layout.Columns) is { } difference)
        {
            throw Error(manifest, FormattableString.Invariant($"{difference} in feature service '{service.Name}' version {service.Version}"));
        }

        return InputPlan.ForFeatures(manifest, service.Layout);
    }

    private static string Short(string fingerprint) => fingerprint.Length > 12 ? fingerprint[..12] : fingerprint;

    private static InvalidModelException Error(ModelManifest manifest, string sentence)
        => new(manifest.Name, $"{sentence} ({manifest.Where}).");
}
