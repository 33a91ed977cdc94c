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

    /// <summary>Scores a whole table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> MapAsync(Relation table, CancellationToken cancellationToken)
    {
        var (function, needed) = await TableFunctionAsync(table, [], FunctionPlans.Tables, cancellationToken).ConfigureAwait(false);

        return new Relation { MapPartitions = new() { Input = TableColumns.Narrow(table, needed), Func = function } };
    }

    /// <summary>Scores the rows of each group of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">Names of the columns that make the groups.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> GroupAsync(Relation table, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var (function, needed) = await TableFunctionAsync(table, keys, FunctionPlans.Groups, cancellationToken).ConfigureAwait(false);
        return new Relation { GroupMap = new() { Input = TableColumns.Narrow(table, needed), GroupingExpressions = { keys.Select(FunctionPlans.Column) }, Func = function } };
    }

    /// <summary>A column with the score.</summary>
    /// <param name="table">The table.</param>
    /// <param name="arguments">The features, in the model's order; null for the columns that are called like them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Expression> ColumnAsync(Relation table, IReadOnlyList<SparkColumn>? arguments, CancellationToken cancellationToken)
    {
        var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
        var binding = new ScoreBinding(found.Manifest, options);
        IReadOnlyList<Expression> expressions;
        IReadOnlyList<InputColumn> inputs;
        var views = ServiceViews.None;
        IReadOnlyList<string>? names = null;
        if (arguments is null)
        {
            var fields = await ColumnsAsync(table, cancellationToken).ConfigureAwait(false);
            await AllowUserTypesAsync(fields, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<TableColumn> columns = [.. fields.Select(SparkTypes.ToColumn)];
            views = ServiceViews.Find(found.Manifest, session.Features, options, columns);
            inputs = binding.Bind(columns, views);
            names = Needed(found.Manifest, inputs, views, columns);
            expressions = [.. names.Select(FunctionPlans.Column)];
        }
        else
        {
            expressions = await Task.WhenAll(arguments.Select(a => a.BuildUnnamedAsync(table, cancellationToken))).ConfigureAwait(false);
            var project = new Relation { Project = new() { Input = table, Expressions = { expressions } } };
            var columns = await ColumnsAsync(project, cancellationToken).ConfigureAwait(false);
            await AllowUserTypesAsync(columns, cancellationToken).ConfigureAwait(false);
            inputs = binding.BindArguments([.. columns.Select(SparkTypes.ToColumn)], columns.Count);
        }

        var (command, type) = await ScalarCommandAsync(found, binding, inputs, cancellationToken).ConfigureAwait(false);
        command = command with { Arguments = names, Transforms = await ReferencesAsync(views, cancellationToken).ConfigureAwait(false) };
        return new Expression { CommonInlineUserDefinedFunction = FunctionPlans.Create(found.Manifest.Name, FunctionPlans.Scalar, command, FunctionPlans.Type(type), expressions) };
    }

    /// <summary>A function that SQL calls by name with the features in the model's order. Types are checked when it runs.</summary>
    /// <param name="name">The name.</param>
    /// <param name="takesVector">Whether it takes the model's one matrix as a column of vectors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommonInlineUserDefinedFunction> FunctionAsync(string name, bool takesVector, CancellationToken cancellationToken)
    {
        var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
        var binding = new ScoreBinding(found.Manifest, options);
        var (command, type) = await ScalarCommandAsync(found, binding, binding.BindArguments(null, takesVector ? 1 : null), cancellationToken).ConfigureAwait(false);
        if (takesVector)
        {
            await session.Settings.SetAsync(ColumnarInput, "false", cancellationToken).ConfigureAwait(false);
        }

        return FunctionPlans.Create(name, FunctionPlans.Scalar, command, FunctionPlans.Type(type), []);
    }

    private static string ScalarType(IReadOnlyList<OutputColumn> outputs)
        => outputs is [var single] ? single.Type : $"struct<{string.Join(',', outputs.Select(o => $"{SparkTypeText.Quote(o.Name)}:{o.Type}"))}>";

    private static DataType.Types.StructField OutputField(OutputColumn output) => new() { Name = output.Name, DataType = SparkTypes.OfAnswer(output.Type), Nullable = true };

    private async Task<(CommonInlineUserDefinedFunction Function, IReadOnlyList<string> Needed)> TableFunctionAsync(Relation table, IReadOnlyList<string> keys, int kind, CancellationToken cancellationToken)
    {
        var found = await model.FindAsync(cancellationToken).ConfigureAwait(false);
        var fields = await ColumnsAsync(table, cancellationToken).ConfigureAwait(false);
        TableColumns.RequireKeys(fields, keys, found.Manifest.Where);
        IReadOnlyList<TableColumn> columns = [.. fields.Select(SparkTypes.ToColumn)];
        var binding = new ScoreBinding(found.Manifest, options);
        var views = ServiceViews.Find(found.Manifest, session.Features, options, columns);
        var inputs = binding.Bind(columns, views);
        var outputs = ScoreOutputs.Of(found.Manifest, options);
        var kept = Keep(fields, outputs, found.Manifest.Where);
        var needed = Needed(found.Manifest, inputs, views, columns).Concat(kept.Select(k => k.Name)).Concat(keys).Distinct(StringComparer.Ordinal).ToList();
        var command = new ScoreCommand
        {
            Model = await ShipAsync(found, cancellationToken).ConfigureAwait(false),
            Inputs = inputs,
            Transforms = await ReferencesAsync(views, cancellationToken).ConfigureAwait(false),
            Outputs = outputs,
            Keep = [.. kept.Select(k => k.Name)],
            Nulls = binding.Nulls(),
            Options = new ScoreOptions { OnnxRuntimeOnly = options.OnnxRuntimeOnly },
        };
        var output = new DataType { Struct = new() { Fields = { kept.Concat(outputs.Select(OutputField)) } } };
        return (FunctionPlans.Create(found.Manifest.Name, kind, command, output, needed.Select(FunctionPlans.Column)), needed);
    }

    private async Task<(ScoreCommand Command, string Type)> ScalarCommandAsync(ModelSource found, ScoreBinding binding, IReadOnlyList<InputColumn> inputs, CancellationToken cancellationToken)
    {
        if (options.Keep is { Count: > 0 })
        {
            throw new ArgumentException($"Expected no columns to keep beside a column of scores, but found {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.Keep)}: the table has them all.");
        }

        var outputs = ScoreOutputs.Of(found.Manifest, options);
        var command = new ScoreCommand
        {
            Model = await ShipAsync(found, cancellationToken).ConfigureAwait(false),
            Inputs = inputs,
            Outputs = outputs,
            Nulls = binding.Nulls(),
            Options = new ScoreOptions { OnnxRuntimeOnly = options.OnnxRuntimeOnly },
        };
        return (command, ScalarType(outputs));
    }

    private async Task<FileReference> ShipAsync(ModelSource found, CancellationToken cancellationToken)
    {
        await session.Shipment.ShipWorkerAsync(cancellationToken).ConfigureAwait(false);
        return await session.Shipment.ShipModelAsync(found, cancellationToken).ConfigureAwait(false);
    }

    private Task AllowUserTypesAsync(IEnumerable<DataType.Types.StructField> columns, CancellationToken cancellationToken)
        => columns.Any(c => c.DataType.KindCase == DataType.KindOneofCase.Udt) ? session.Settings.SetAsync(ColumnarInput, "false", cancellationToken) : Task.CompletedTask;

    private async Task<IReadOnlyList<DataType.Types.StructField>> ColumnsAsync(Relation table, CancellationToken cancellationToken)
        => (await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields;

    /// <summary>Names of the columns that features come from, each once.</summary>
    private static IReadOnlyList<string> Needed(ModelManifest manifest, IReadOnlyList<InputColumn> inputs, ServiceViews views, IReadOnlyList<TableColumn> columns)
        => [.. inputs.Where(i => i.View is null).Select(i => i.Column!).Concat(views.Views.SelectMany(v => OnDemandColumns.Require(v.Definition, columns, manifest.Where))).Distinct(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<TransformReference>> ReferencesAsync(ServiceViews views, CancellationToken cancellationToken)
    {
        var references = new List<TransformReference>();
        foreach (var view in views.Views)
        {
            references.Add(await OnDemandPlan.ReferenceAsync(session, view, cancellationToken).ConfigureAwait(false));
        }

        return references;
    }

    private IReadOnlyList<DataType.Types.StructField> Keep(IReadOnlyList<DataType.Types.StructField> columns, IReadOnlyList<OutputColumn> outputs, string where)
    {
        var kept = TableColumns.Keep(columns, options.Keep, where);
        return kept.FirstOrDefault(k => outputs.Any(o => o.Name == k.Name)) is { } taken
            ? throw new ArgumentException(
                $"Expected a table without a column '{taken.Name}', which scoring adds, but found one ({where}). Say which columns to keep, or how the names of new ones begin: {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.Prefix)}.")
            : kept;
    }
}
