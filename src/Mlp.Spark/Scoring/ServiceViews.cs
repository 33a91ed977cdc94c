using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.OnDemand;

namespace Mlp.Spark.Scoring;

/// <summary>The on-demand views that the worker computes before a model, and where each feature of the model comes from because of that. Immutable.</summary>
internal sealed class ServiceViews
{
    private readonly Dictionary<string, (string View, string Field)> _sources;

    private ServiceViews(IReadOnlyList<(FeatureServiceView View, SparkOnDemandView Computed)> views, FeatureServiceDefinition? service)
    {
        Views = [.. views.Select(v => v.Computed)];
        _sources = views.SelectMany(v => v.View.Columns.Select(c => (Feature: service!.Description.Layout.Columns[c.ColumnIndex].Name, v.View.Name, Field: v.View.Fields[c.FieldIndex].Name)))
            .ToDictionary(s => s.Feature, s => (s.Name, s.Field), StringComparer.Ordinal);
    }

    /// <summary>No views: all features are columns.</summary>
    public static ServiceViews None { get; } = new([], null);

    /// <summary>The views, in the order of the service.</summary>
    public IReadOnlyList<SparkOnDemandView> Views { get; }

    /// <summary>Finds the views that a table needs.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="features">The feature store of the platform; null without one.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="columns">The columns of the table.</param>
    /// <exception cref="InvalidModelException">The platform has another definition of the feature service than the model was trained on.</exception>
    /// <exception cref="ArgumentException">Views shall be computed and are not known, or a view is computed by no method that the worker can find.</exception>
    public static ServiceViews Find(ModelManifest manifest, FeatureStore? features, SparkScoreOptions options, IReadOnlyList<TableColumn> columns)
    {
        if (options.ComputeOnDemand == false)
        {
            return None;
        }

        // Without described features the worker knows columns of a matrix alone.
        var trained = manifest.Features is null ? null : manifest.FeatureService;
        var service = trained is null ? null : features?.Catalog.FindService(trained.Name, trained.Version);
        if (service is null)
        {
            return options.ComputeOnDemand is null ? None : throw new ArgumentException(
                $"Expected a model of a feature service of the session's platform for {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.ComputeOnDemand)}, but found {(trained is null ? "a model without one" : $"feature service '{trained.Name}' version {trained.Version}, which the session does not know: make it by platform.Spark")} ({manifest.Where}).");
        }

        if (service.Fingerprint != trained!.Fingerprint)
        {
            throw new InvalidModelException(
                manifest.Name, $"Expected the {service} with fingerprint {trained.Fingerprint[..12]}, on which the model was trained, but found {service.Fingerprint[..12]}: its definition has changed ({manifest.Where}).");
        }

        var views = service.Views.Where(v => v.OnDemand is not null && v.Columns.Count > 0 && (options.ComputeOnDemand == true || !HasAll(service, v, options, columns)));
        return new ServiceViews([.. views.Select(v => (v, SparkOnDemandView.Of(features!, v.OnDemand!)))], service);
    }

    /// <summary>The on-demand view and its field that a feature comes from; null where it is a column.</summary>
    /// <param name="feature">Name of the feature.</param>
    public (string View, string Field)? SourceOf(string feature) => _sources.TryGetValue(feature, out var source) ? source : null;

    /// <summary>Whether a table has the features already. One that is called like a column that the view computes from does not tell.</summary>
    private static bool HasAll(FeatureServiceDefinition service, FeatureServiceView view, SparkScoreOptions options, IReadOnlyList<TableColumn> columns)
    {
        var definition = view.OnDemand!;
        var read = definition.RequestFields.Concat(definition.InputFields).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var names = view.Columns.Select(c => service.Description.Layout.Columns[c.ColumnIndex].Name)
            .Select(f => options.Columns.GetValueOrDefault(f, f)).Where(n => !read.Contains(n)).ToList();
        return names.Count > 0 && names.All(n => columns.Any(c => c.Name == n));
    }
}
