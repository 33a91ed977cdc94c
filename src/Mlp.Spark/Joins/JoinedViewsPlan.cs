using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.OnDemand;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Joins;

/// <summary>Plans the on-demand features of a service, which the worker computes behind the join by the method that serves.</summary>
/// <param name="session">The session.</param>
/// <param name="service">The features wanted.</param>
/// <param name="store">Where golden rows are kept; null for nowhere.</param>
internal sealed class JoinedViewsPlan(SparkSession session, FeatureServiceDefinition service, FeatureStore? store)
{
    /// <summary>Adds the on-demand features to what the join gives.</summary>
    /// <param name="joined">The join: row number, question, stored features, then a status and an event time per view.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The same with all features in the service's order.</returns>
    public async Task<Relation> AddAsync(Relation joined, CancellationToken cancellationToken)
    {
        var views = service.Views.Where(view => view.OnDemand is not null).ToList();
        if (views.Count == 0)
        {
            return joined;
        }

        var columns = (await session.AnalyzeTypeAsync(joined, cancellationToken).ConfigureAwait(false)).Struct.Fields.ToList();
        var (features, facts) = (service.Description.Layout.Columns.Select(column => column.Name).ToList(), 2 * (service.Views.Count - views.Count));
        var beside = columns.Select(column => column.Name).Where(name => !features.Contains(name, StringComparer.Ordinal)).ToList();
        foreach (var view in views)
        {
            joined = await AddAsync(joined, columns, view, cancellationToken).ConfigureAwait(false);
        }

        var ordered = beside[..^facts].Concat(features).Concat(beside[^facts..]);
        return new Relation { Project = new() { Input = joined, Expressions = { ordered.Select(FunctionPlans.Column) } } };
    }

    /// <summary>Computes one view; what it gives is added to the columns.</summary>
    private async Task<Relation> AddAsync(Relation table, List<DataType.Types.StructField> columns, FeatureServiceView view, CancellationToken cancellationToken)
    {
        var layout = service.Description.Layout;
        var definition = view.OnDemand!;
        var command = new OnDemandCommand
        {
            Transform = await OnDemandPlan.ReferenceAsync(session, SparkOnDemandView.Of(store, definition), cancellationToken).ConfigureAwait(false),
            Features = [.. view.Columns.Select(column => definition.Fields[column.FieldIndex].Name)],
            Statuses = view.InputColumns.ToDictionary(column => layout.Columns[column].Name, column => TrainingSetColumns.StatusOf(layout.Columns[column].View)),
            Keep = [.. columns.Select(column => column.Name)],
        };
        var arguments = columns.Select(column => FunctionPlans.Column(column.Name)).ToList();
        columns.AddRange(view.Columns.Select(column => new DataType.Types.StructField
        {
            Name = layout.Columns[column.ColumnIndex].Name, DataType = SparkTypes.OfFeature(definition.Fields[column.FieldIndex]), Nullable = true,
        }));
        var output = new DataType { Struct = new() { Fields = { columns } } };
        return new Relation { MapPartitions = new() { Input = table, Func = FunctionPlans.Create(definition.Name, FunctionPlans.Tables, command, output, arguments) } };
    }
}
