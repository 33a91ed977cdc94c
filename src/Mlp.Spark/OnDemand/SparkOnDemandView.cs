using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Spark.Functions;

namespace Mlp.Spark.OnDemand;

/// <summary>
/// An on-demand feature view of a platform that the worker computes, by the very method that serves. Its assembly and its golden rows travel with the session; the worker computes these again before the first
/// row. Immutable and thread-safe.
/// </summary>
public sealed class SparkOnDemandView
{
    private readonly FeatureStore? _features;

    private SparkOnDemandView(FeatureStore? features, OnDemandFeatureViewDefinition definition)
    {
        _features = features;
        Definition = definition;
        Method = SparkMethod.OfView(definition);
    }

    /// <summary>The definition.</summary>
    public OnDemandFeatureViewDefinition Definition { get; }

    /// <summary>The method.</summary>
    internal SparkMethod Method { get; }

    /// <summary>Path of the golden rows; null where none are kept yet.</summary>
    internal string? GoldenRowsPath => _features?.FindGoldenRows(Definition);

    /// <summary>A view by its name.</summary>
    /// <param name="features">The feature store of the platform, <c>platform.Features</c>.</param>
    /// <param name="name">Name of the view.</param>
    /// <param name="version">Its version; null for the highest.</param>
    /// <exception cref="ArgumentException">There is no such view, or it is computed by no method that the worker can find, such as a lambda.</exception>
    public static SparkOnDemandView Find(FeatureStore features, string name, int? version = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var views = features.Catalog.OnDemandViews;
        return new SparkOnDemandView(
            features,
            views.Where(v => v.Name == name && (version is null || v.Version == version)).MaxBy(v => v.Version)
                ?? throw new ArgumentException(FormattableString.Invariant(
                    $"Expected an on-demand feature view '{name}'{(version is { } wanted ? $" version {wanted}" : string.Empty)}, but the platform has {(views.Count == 0 ? "none" : string.Join(", ", views.Select(v => $"'{v.Name}' version {v.Version}")))}."),
                    nameof(name)));
    }

    /// <summary>A view of a feature service.</summary>
    /// <param name="features">Where golden rows are kept; null for nowhere.</param>
    /// <param name="definition">The view.</param>
    internal static SparkOnDemandView Of(FeatureStore? features, OnDemandFeatureViewDefinition definition) => new(features, definition);
}
