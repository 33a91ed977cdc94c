using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Functions;

/// <summary>Plans of queries that call a method of the user.</summary>
/// <param name="session">The session.</param>
/// <param name="method">The method.</param>
internal sealed class MethodPlan(SparkSession session, SparkMethod method)
{
    /// <summary>Name of the column that a function of columns gives, for messages.</summary>
    private const string Result = "result";

    /// <summary>Calls it with the batches of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">What it gives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> MapAsync(Relation table, string columns, CancellationToken cancellationToken)
    {
        var function = await TableFunctionAsync(table, [], columns, FunctionPlans.Tables, cancellationToken).ConfigureAwait(false);
        return new Relation { MapPartitions = new() { Input = table, Func = function } };
    }

    /// <summary>Calls it with each group of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">Names of the columns that make the groups.</param>
    /// <param name="columns">What it gives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> GroupAsync(Relation table, IReadOnlyList<string> keys, string columns, CancellationToken cancellationToken)
    {
        var function = await TableFunctionAsync(table, keys, columns, FunctionPlans.Groups, cancellationToken).ConfigureAwait(false);
        return new Relation { GroupMap = new() { Input = table, GroupingExpressions = { keys.Select(FunctionPlans.Column) }, Func = function } };
    }

    /// <summary>A function of columns.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">What it gives.</param>
    /// <param name="arguments">Its arguments; none where SQL calls it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommonInlineUserDefinedFunction> FunctionAsync(string name, string type, IEnumerable<Expression> arguments, CancellationToken cancellationToken)
    {
        var command = (await CommandAsync(cancellationToken).ConfigureAwait(false)) with { Outputs = OutputsOf($"{Result} {type}") is [_] outputs ? outputs : null };
        return FunctionPlans.Create(name, FunctionPlans.Scalar, command, FunctionPlans.Type(type), arguments);
    }

    /// <summary>What the query declares, for the worker to compare with what the method gives, since Spark takes columns by their place.</summary>
    /// <param name="columns">The columns, as Spark's SQL writes them.</param>
    /// <returns>The columns; null where they are written in a way that only Spark reads, or two have one name.</returns>
    internal static IReadOnlyList<ResultColumn>? OutputsOf(string columns)
    {
        if (!new SparkTypeParser($"struct<{columns}>").TryParse(out var type) || type is not StructType { Fields: { } fields } || fields.DistinctBy(f => f.Name, StringComparer.Ordinal).Count() != fields.Count)
        {
            return null;
        }

        return [.. fields.Select(f => new ResultColumn(f.Name, SparkTypeText.Of(f.DataType)!))];
    }

    private async Task<CommonInlineUserDefinedFunction> TableFunctionAsync(Relation table, IReadOnlyList<string> keys, string columns, int kind, CancellationToken cancellationToken)
    {
        method.RequireTables();

        // Without its columns as arguments, Spark leaves out those that nobody reads behind the method.
        var input = (await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields;
        TableColumns.RequireKeys(input, keys, $"method '{method.Type}.{method.Name}'");
        var command = (await CommandAsync(cancellationToken).ConfigureAwait(false)) with { Outputs = OutputsOf(columns) };
        return FunctionPlans.Create(
            method.Name, kind, command, FunctionPlans.Type(columns), input.Select(f => FunctionPlans.Column(f.Name)));
    }

    private async Task<MethodCommand> CommandAsync(CancellationToken cancellationToken)
    {
        await session.Shipment.ShipWorkerAsync(cancellationToken).ConfigureAwait(false);
        var assembly = await session.Shipment.ShipAssemblyAsync(method, cancellationToken).ConfigureAwait(false);
        return new MethodCommand { Method = new MethodReference(assembly, method.Type, method.Name) };
    }
}
