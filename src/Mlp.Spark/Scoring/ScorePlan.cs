using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.OnDemand;

namespace Mlp.Spark.Scoring;

/// <summary>Plans of queries that score. What does not fit is said here, before a model travels or a task starts.</summary>
/// <param name="session">The session.</param>
/// <param name="model">The model.</param>
/// <param name="options">What is wanted.</param>
internal sealed class ScorePlan(SparkSession session, SparkModel model, SparkScoreOptions options)
{
    /// <summary>Whether Spark, from 4.3 on, reads columns of files for functions by columns, which it cannot do with types of users, ml vectors among them.</summary>
    private const string ColumnarInput = "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled";

    /// <summary>Whether Spark tells names apart that differ in case alone.</summary>
    private const string CaseSensitive = "spark.sql.caseSensitive";

    /// <summary>Adds the answers to a table. Only the columns that features come from travel to the worker; what is kept stays with Spark.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> TableAsync(Relation table, CancellationToken cancellationToken)
    {
        var bound = await BindAsync(table, [], cancellationToken).ConfigureAwait(false);
        var kept = Keep(bound);
        var answer = ScoreProjection.Number(bound.Outputs);
        var function = await FunctionAsync(bound, answer, cancellationToken).ConfigureAwait(false);

        // Of a function that may answer otherwise the next time, Spark makes no second call for a filter or a projection behind it.
        function.Deterministic = false;
        return ScoreProjection.Of(table, [.. kept.Select(k => k.Name)], bound.Outputs, new Expression { CommonInlineUserDefinedFunction = function });
    }

    /// <summary>Scores the rows of each group of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">Names of the columns that make the groups.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> GroupAsync(Relation table, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var bound = await BindAsync(table, keys, cancellationToken).ConfigureAwait(false);
        var kept = Keep(bound);
        var names = kept.Select(k => k.Name).ToList();
        var needed = bound.Needed.Concat(names).Concat(keys).Distinct(StringComparer.Ordinal).ToList();
        var command = await CommandAsync(bound.Model, bound.Inputs, bound.Outputs, cancellationToken).ConfigureAwait(false);
        command = command with { Transforms = await ReferencesAsync(bound.Views, cancellationToken).ConfigureAwait(false), Keep = names };
        var output = new DataType { Struct = new() { Fields = { kept.Concat(bound.Outputs.Select(OutputField)) } } };
        var function = FunctionPlans.Create(bound.Manifest.Name, FunctionPlans.Groups, command, output, needed.Select(FunctionPlans.Column));
        return new Relation { GroupMap = new() { Input = TableColumns.Narrow(table, needed), GroupingExpressions = { keys.Select(FunctionPlans.Column) }, Func = function } };
    }

    /// <summary>A column with the score.</summary>
    /// <param name="table">The table.</param>
    /// <param name="arguments">The features, in the model's order; null for the columns that are called like them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Expression> ColumnAsync(Relation table, IReadOnlyList<SparkColumn>? arguments, CancellationToken cancellationToken)
    {
        RequireNothingToKeep();
        CommonInlineUserDefinedFunction function;
        if (arguments is null)
        {
            var bound = await BindAsync(table, [], cancellationToken).ConfigureAwait(false);
            function = await FunctionAsync(bound, bound.Outputs, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
            var expressions = await Task.WhenAll(arguments.Select(a => a.BuildUnnamedAsync(table, cancellationToken))).ConfigureAwait(false);
            var project = new Relation { Project = new() { Input = table, Expressions = { expressions } } };
            var columns = await ColumnsAsync(project, cancellationToken).ConfigureAwait(false);
            await AllowUserTypesAsync(columns, cancellationToken).ConfigureAwait(false);
            var inputs = new ScoreBinding(found.Manifest, options).BindArguments([.. columns.Select(SparkTypes.ToColumn)], columns.Count);
            var command = await CommandAsync(found, inputs, ScoreOutputs.Of(found.Manifest, options), cancellationToken).ConfigureAwait(false);
            function = Scalar(found.Manifest.Name, command, expressions);
        }

        return new Expression { CommonInlineUserDefinedFunction = function };
    }

    /// <summary>A function that SQL calls by name with the features in the model's order. Types are checked when it runs.</summary>
    /// <param name="name">The name.</param>
    /// <param name="takesVector">Whether it takes the model's one matrix as a column of vectors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommonInlineUserDefinedFunction> FunctionAsync(string name, bool takesVector, CancellationToken cancellationToken)
    {
        RequireNothingToKeep();
        var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
        var inputs = new ScoreBinding(found.Manifest, options).BindArguments(null, takesVector ? 1 : null);
        if (takesVector)
        {
            await session.Settings.SetAsync(ColumnarInput, "false", cancellationToken).ConfigureAwait(false);
        }

        return Scalar(name, await CommandAsync(found, inputs, ScoreOutputs.Of(found.Manifest, options), cancellationToken).ConfigureAwait(false), []);
    }

    /// <summary>A function of columns: its answer, or where there are several a struct of them.</summary>
    private static CommonInlineUserDefinedFunction Scalar(string name, ScoreCommand command, IEnumerable<Expression> arguments)
    {
        var type = command.Outputs is [var single] ? single.Type : $"struct<{string.Join(',', command.Outputs.Select(o => $"{SparkTypeText.Quote(o.Name)}:{o.Type}"))}>";
        return FunctionPlans.Create(name, FunctionPlans.Scalar, command, FunctionPlans.Type(type), arguments);
    }

    private static DataType.Types.StructField OutputField(OutputColumn output) => new() { Name = output.Name, DataType = SparkTypes.OfAnswer(output.Type), Nullable = true };

    /// <summary>Whether a type of users stands in a column, itself or within others.</summary>
    private static bool HasUserType(DataType? type) => type?.KindCase switch
    {
        DataType.KindOneofCase.Udt => true,
        DataType.KindOneofCase.Array => HasUserType(type.Array.ElementType),
        DataType.KindOneofCase.Struct => type.Struct.Fields.Any(f => HasUserType(f.DataType)),
        DataType.KindOneofCase.Map => HasUserType(type.Map.KeyType) || HasUserType(type.Map.ValueType),
        _ => false,
    };

    /// <summary>Names of the columns that features come from, each once.</summary>
    private static IReadOnlyList<string> Needed(ModelManifest manifest, IReadOnlyList<InputColumn> inputs, ServiceViews views, IReadOnlyList<TableColumn> columns)
        => [.. inputs.Where(i => i.View is null).Select(i => i.Column!).Concat(views.Views.SelectMany(v => OnDemandColumns.Require(v.Definition, columns, manifest.Where))).Distinct(StringComparer.Ordinal)];

    private async Task<BoundModel> BindAsync(Relation table, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
        var fields = await ColumnsAsync(table, cancellationToken).ConfigureAwait(false);
        await AllowUserTypesAsync(fields, cancellationToken).ConfigureAwait(false);
        TableColumns.RequireKeys(fields, keys, found.Manifest.Where);
        var outputs = ScoreOutputs.Of(found.Manifest, options);
        var names = await FindComparerAsync(fields, outputs, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TableColumn> columns = [.. fields.Select(SparkTypes.ToColumn)];
        var views = ServiceViews.Find(found.Manifest, session.Features, options, columns);
        var inputs = new ScoreBinding(found.Manifest, options).Bind(columns, views, names);
        return new BoundModel(found, fields, names, views, inputs, outputs, Needed(found.Manifest, inputs, views, columns));
    }

    /// <summary>How the session compares names. It is asked only where names differ in case alone.</summary>
    private async Task<StringComparer> FindComparerAsync(IReadOnlyList<DataType.Types.StructField> fields, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken)
    {
        var names = fields.Select(f => f.Name).Concat(outputs.Select(o => o.Name)).Distinct(StringComparer.Ordinal).ToList();
        return names.Distinct(StringComparer.OrdinalIgnoreCase).Count() < names.Count
            && string.Equals(await session.Settings.GetAsync(CaseSensitive, cancellationToken).ConfigureAwait(false), "true", StringComparison.OrdinalIgnoreCase)
            ? StringComparer.Ordinal
            : StringComparer.OrdinalIgnoreCase;
    }

    /// <summary>A function of the columns that features come from, which it finds by their names.</summary>
    private async Task<CommonInlineUserDefinedFunction> FunctionAsync(BoundModel bound, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken)
    {
        var command = await CommandAsync(bound.Model, bound.Inputs, outputs, cancellationToken).ConfigureAwait(false);
        command = command with { Arguments = bound.Needed, Transforms = await ReferencesAsync(bound.Views, cancellationToken).ConfigureAwait(false) };
        return Scalar(bound.Manifest.Name, command, bound.Needed.Select(FunctionPlans.Column));
    }

    private async Task<ScoreCommand> CommandAsync(ModelSource found, IReadOnlyList<InputColumn> inputs, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken) => new()
    {
        Model = await ShipAsync(found, cancellationToken).ConfigureAwait(false),
        Inputs = inputs,
        Outputs = outputs,
        Nulls = new ScoreBinding(found.Manifest, options).Nulls(),
        Options = new ScoreOptions { OnnxRuntimeOnly = options.OnnxRuntimeOnly },
    };

    private void RequireNothingToKeep()
    {
        if (options.Keep is { Count: > 0 })
        {
            throw new ArgumentException($"Expected no columns to keep beside a column of scores, but found {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.Keep)}: the table has them all.");
        }
    }

    private async Task<FileReference> ShipAsync(ModelSource found, CancellationToken cancellationToken)
    {
        await session.Shipment.ShipWorkerAsync(cancellationToken).ConfigureAwait(false);
        return await session.Shipment.ShipModelAsync(found, cancellationToken).ConfigureAwait(false);
    }

    private Task AllowUserTypesAsync(IEnumerable<DataType.Types.StructField> columns, CancellationToken cancellationToken)
        => columns.Any(c => HasUserType(c.DataType)) ? session.Settings.SetAsync(ColumnarInput, "false", cancellationToken) : Task.CompletedTask;

    private async Task<IReadOnlyList<DataType.Types.StructField>> ColumnsAsync(Relation table, CancellationToken cancellationToken)
        => (await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields;

    private async Task<IReadOnlyList<TransformReference>> ReferencesAsync(ServiceViews views, CancellationToken cancellationToken)
    {
        var references = new List<TransformReference>();
        foreach (var view in views.Views)
        {
            references.Add(await OnDemandPlan.ReferenceAsync(session, view, cancellationToken).ConfigureAwait(false));
        }

        return references;
    }

    private IReadOnlyList<DataType.Types.StructField> Keep(BoundModel bound)
    {
        var kept = TableColumns.Keep(bound.Fields, options.Keep, bound.Manifest.Where, bound.Names);
        return bound.Outputs.FirstOrDefault(o => kept.Any(k => bound.Names.Equals(k.Name, o.Name))) is { } taken
            ? throw new ArgumentException(
                $"Expected a table without a column '{taken.Name}', which scoring adds, but found {(kept.Any(k => k.Name == taken.Name) ? "one" : $"one that differs in case alone, for which {CaseSensitive} is not set")} ({bound.Manifest.Where}). Say which columns to keep, or how the names of new ones begin: {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.Prefix)}.")
            : kept;
    }

    /// <summary>A model whose features were found among the columns of a table.</summary>
    /// <param name="Model">The model.</param>
    /// <param name="Fields">The columns of the table.</param>
    /// <param name="Names">How the session compares names.</param>
    /// <param name="Views">The on-demand views that the worker computes.</param>
    /// <param name="Inputs">Where each feature comes from.</param>
    /// <param name="Outputs">The answers.</param>
    /// <param name="Needed">Names of the columns that features come from, each once.</param>
    private sealed record BoundModel(
        ModelSource Model,
        IReadOnlyList<DataType.Types.StructField> Fields,
        StringComparer Names,
        ServiceViews Views,
        IReadOnlyList<InputColumn> Inputs,
        IReadOnlyList<OutputColumn> Outputs,
        IReadOnlyList<string> Needed)
    {
        public ModelManifest Manifest => Model.Manifest;
    }
}
