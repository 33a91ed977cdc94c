using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Predictions;

/// <summary>A model version in service, as observers see it. Immutable.</summary>
/// <param name="Manifest">The published version.</param>
/// <param name="Variant">The role it serves in, for example <c>champion</c>.</param>
/// <param name="Keys">The entity keys of a call, in ordinal order of their names (<see cref="FeatureServiceDescription.Keys"/>); empty when the model has no feature service.</param>
/// <param name="Layout">The features of a call.</param>
public sealed record ServedModel(ModelManifest Manifest, string Variant, IReadOnlyList<KeyColumn> Keys, FeatureRowLayout Layout)
{
    /// <summary>
    /// The feature service that the version reads from, also where the application chose it and the manifest names none; null when callers bring the features.
    /// </summary>
    public FeatureServiceReference? Service { get; init; }
}
