using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.OnDemand;

/// <summary>Plans of queries that compute an on-demand view.</summary>
/// <param name="session">The session.</param>
/// <param name="view">The view.</param>
/// <param name="keep">Columns that the result has too; null for all of them.</param>
internal sealed class OnDemandPlan(SparkSession session, SparkOnDemandView view, IReadOnlyList<string>? keep)
{
    /// <summary>Computes the view for every row of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">A column is missing or does not fit.</exception>
    public async Task<Relation> MapAsync(Relation table, CancellationToken cancellationToken)
    {
        var definition = view.Definition;
        var columns = (await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields;
        var read = OnDemandColumns.Require(definition, [.. columns.Select(SparkTypes.ToColumn)], definition.ToString());
        var kept = TableColumns.Keep(columns, keep, definition.ToString());
        if (kept.FirstOrDefault(k => definition.Fields.Any(f => f.Name == k.Name)) is { } taken)
        {
            throw new ArgumentException($"Expected a table without a column '{taken.Name}', which the {definition} computes, but found one. Say which columns to keep.");
        }

        var needed = read.Concat(kept.Select(k => k.Name)).Distinct(StringComparer.Ordinal).ToList();
        var command = new OnDemandCommand { Transform = await ReferenceAsync(session, view, cancellationToken).ConfigureAwait(false), Keep = [.. kept.Select(k => k.Name)] };
        var output = new DataType { Struct = new() { Fields = { kept.Concat(definition.Fields.Select(f => new DataType.Types.StructField { Name = f.Name, DataType = SparkTypes.OfFeature(f), Nullable = true })) } } };
        var function = FunctionPlans.Create(definition.Name, FunctionPlans.Tables, command, output, needed.Select(FunctionPlans.Column));
        return new Relation { MapPartitions = new() { Input = TableColumns.Narrow(table, needed), Func = function } };
    }

    /// <summary>What names a view in a command. Its assembly and golden rows are sent.</summary>
    /// <param name="session">The session.</param>
    /// <param name="view">The view.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<TransformReference> ReferenceAsync(SparkSession session, SparkOnDemandView view, CancellationToken cancellationToken)
    {
        var shipment = session.Shipment;
        await shipment.ShipWorkerAsync(cancellationToken).ConfigureAwait(false);
        var assembly = await shipment.ShipAssemblyAsync(view.Method, cancellationToken).ConfigureAwait(false);
        return new TransformReference
        {
            Method = new MethodReference(assembly, view.Method.Type, view.Method.Name),
            View = view.Definition.Name,
            Version = view.Definition.Version,
            Fingerprint = view.Definition.Fingerprint,
            GoldenRows = view.GoldenRowsPath is { } path ? await shipment.ShipGoldenRowsAsync(path, cancellationToken).ConfigureAwait(false) : null,
        };
    }
}
