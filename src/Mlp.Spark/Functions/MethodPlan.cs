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
    /// <summary>Calls it with the batches of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">What it gives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> MapAsync(Relation table, string columns, CancellationToken cancellationToken)
    {
        var function = await TableFunctionAsync(table, columns, FunctionPlans.Tables, cancellationToken).ConfigureAwait(false);
        return new Relation { MapPartitions = new() { Input = table, Func = function } };
    }

    /// <summary>Calls it with each group of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">Names of the columns that make the groups.</param>
    /// <param name="columns">What it gives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> GroupAsync(Relation table, IReadOnlyList<string> keys, string columns, CancellationToken cancellationToken)
    {
        var function = await TableFunctionAsync(table, columns, FunctionPlans.Groups, cancellationToken).ConfigureAwait(false);
        return new Relation { GroupMap = new() { Input = table, GroupingExpressions = { keys.Select(FunctionPlans.Column) }, Func = function } };
    }

    /// <summary>A function of columns.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">What it gives.</param>
    /// <param name="arguments">Its arguments; none where SQL calls it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommonInlineUserDefinedFunction> FunctionAsync(string name, string type, IEnumerable<Expression> arguments, CancellationToken cancellationToken)
        => FunctionPlans.Create(name, FunctionPlans.Scalar, await CommandAsync(cancellationToken).ConfigureAwait(false), FunctionPlans.Type(type), arguments);

    private async Task<CommonInlineUserDefinedFunction> TableFunctionAsync(Relation table, string columns, int kind, CancellationToken cancellationToken)
    {
        // Without its columns as arguments, Spark leaves out those that nobody reads behind the method.
        var input = (await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields;
        return FunctionPlans.Create(
            method.Name,
            kind,
            await CommandAsync(cancellationToken).ConfigureAwait(false) with { Outputs = await DeclaredAsync(columns, cancellationToken).ConfigureAwait(false) },
            FunctionPlans.Type(columns),
            input.Select(f => FunctionPlans.Column(f.Name)));
    }

    /// <summary>The columns that the query declares, as Spark reads them. It takes what a function gives by position; the worker compares names and types.</summary>
    /// <param name="columns">Their text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where one of them has a type that Arrow does not carry: Spark refuses it by itself.</returns>
    private async Task<IReadOnlyList<ResultColumn>?> DeclaredAsync(string columns, CancellationToken cancellationToken)
    {
        var none = new Relation { LocalRelation = new() { Schema = columns } };
        var declared = (await session.AnalyzeTypeAsync(none, cancellationToken).ConfigureAwait(false)).Struct.Fields.Select(SparkTypes.ToColumn).ToList();
        var types = declared.ConvertAll(c => c.Type is null ? null : SparkTypeText.Of(c.Type));
        return types.Contains(null) ? null : [.. declared.Zip(types, (column, type) => new ResultColumn(column.Name, type!))];
    }

    private async Task<MethodCommand> CommandAsync(CancellationToken cancellationToken)
    {
        await session.Shipment.ShipWorkerAsync(cancellationToken).ConfigureAwait(false);
        var assembly = await session.Shipment.ShipAssemblyAsync(method, cancellationToken).ConfigureAwait(false);
        return new MethodCommand { Method = new MethodReference(assembly, method.Type, method.Name) };
    }
}
