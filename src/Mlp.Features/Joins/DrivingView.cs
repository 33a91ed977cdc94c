using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Features.Definitions;

namespace Mlp.Features.Joins;

/// <summary>The view whose rows are the question when no entities are named: it has all keys of the service.</summary>
internal sealed class DrivingView
{
    private readonly FeatureServiceDefinition _service;
    private readonly FeatureServiceView _view;

    private DrivingView(FeatureServiceDefinition service, FeatureServiceView view)
    {
        _service = service;
        _view = view;
    }

    internal FeatureViewDefinition View => _view.View!;

    /// <exception cref="FeatureDefinitionException">No view of the service can drive it.</exception>
    internal static DrivingView Find(FeatureServiceDefinition service, string? name)
    {
        if (service.Views.FirstOrDefault(view => view.OnDemand is not null) is { } onDemand)
        {
            throw new FeatureDefinitionException(service.Name, $"Expected a feature service without on-demand views, whose requests a range of time does not have, but {service} has '{onDemand.Name}'.");
        }

        if (name is not null && service.Views.All(view => view.Name != name))
        {
            throw new FeatureDefinitionException(service.Name, $"Expected a driving view among {string.Join(", ", service.Views.Select(v => $"'{v.Name}'"))} of {service}, but found '{name}'.");
        }

        var found = service.Views.FirstOrDefault(view => (name is null || view.Name == name) && view.KeyIndexes.Distinct().Count() == service.Description.Keys.Count);
        return found is not null
            ? new DrivingView(service, found)
            : throw new FeatureDefinitionException(
                service.Name,
                $"Expected a driving view with all keys of {service} ({string.Join(", ", service.Description.Keys.Select(k => $"'{k.Name}'"))}), but {(name is null ? "none of its views has them" : $"'{name}' has not")}.");
    }

    /// <summary>Rows of the view as rows of the question: the keys under their names in the service, and the event time.</summary>
    /// <param name="rows">What <see cref="FeatureHistory.ReadRangeAsync"/> gives without features.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    internal async IAsyncEnumerable<RecordBatch> ToSpine(IAsyncEnumerable<RecordBatch> rows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var width = View.Keys.Count;
        var schema = new Schema(
            [
                .. _view.KeyIndexes.Select((key, part) => new Field(_service.Description.Keys[key].Name, FeatureViewDefinition.ArrowTypeOf(View.Keys[part].Kind), nullable: true)),
                new Field(HistoryColumns.EventTime, Ingestion.ArrowColumns.Time, nullable: true),
            ],
            metadata: null);
        var any = false;
        await foreach (var batch in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                any = true;
                yield return new RecordBatch(schema, Enumerable.Range(0, width + 1).Select(batch.Column), batch.Length);
            }
        }

        if (!any)
        {
            yield return EmptyBatch.Of(schema);
        }
    }
}
