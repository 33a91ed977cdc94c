using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Connect;

/// <content>What the worker does as functions of columns.</content>
public sealed partial class SparkSession
{
    /// <summary>A column with the score of each row.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What the column holds and where features come from; null for the defaults. Several answers make a struct.</param>
    /// <param name="arguments">The features, in the model's order; none for the columns that are called like them.</param>
    /// <remarks>What does not fit is said when the column is first used, before a task starts.</remarks>
    public SparkColumn ScoreColumn(SparkModel model, SparkScoreOptions? options = null, params IReadOnlyList<SparkColumn> arguments)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(arguments);
        var plan = new ScorePlan(this, model, options ?? SparkScoreOptions.Default);
        return new SparkColumn((table, token) => plan.ColumnAsync(table, arguments.Count == 0 ? null : arguments, token), null, session: this);
    }

    /// <summary>A column that a method computes.</summary>
    /// <param name="method">A method from arrays to an array.</param>
    /// <param name="type">What it gives, as Spark's SQL writes it, for example <c>double</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The type is empty, or the method is known to give another or to take other arguments.</exception>
    public SparkColumn MethodColumn(SparkMethod method, string type, params IReadOnlyList<SparkColumn> arguments)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        ArgumentNullException.ThrowIfNull(arguments);
        method.RequireColumns(type, arguments.Count);
        var plan = new MethodPlan(this, method);
        return new SparkColumn(
            async (table, token) =>
            {
                var expressions = await Task.WhenAll(arguments.Select(a => a.BuildUnnamedAsync(table, token))).ConfigureAwait(false);
                return new Expression { CommonInlineUserDefinedFunction = await plan.FunctionAsync(method.Name, type, expressions, token).ConfigureAwait(false) };
            },
            null,
            session: this);
    }

    /// <summary>Lets SQL of this session score: <c>SELECT score(fare, miles) FROM trips</c>. The features come in the model's order, and their types are checked when the function runs.</summary>
    /// <param name="name">Name of the function.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">What it gives; null for the score.</param>
    /// <param name="takesVector">Whether it takes one argument, a column of arrays or ml vectors, for a model of one matrix.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name is empty, or the options ask for what the model does not have.</exception>
    /// <exception cref="SparkException">Spark refuses the function.</exception>
    /// <exception cref="SparkConnectionException">The connection broke.</exception>
    public async Task RegisterFunctionAsync(string name, SparkModel model, SparkScoreOptions? options = null, bool takesVector = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(model);
        var function = await new ScorePlan(this, model, options ?? SparkScoreOptions.Default).FunctionAsync(name, takesVector, cancellationToken).ConfigureAwait(false);
        await RunAsync(new Command { RegisterFunction = function }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets SQL of this session call a method.</summary>
    /// <param name="name">Name of the function.</param>
    /// <param name="method">A method from arrays to an array.</param>
    /// <param name="type">What it gives, as Spark's SQL writes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name or the type is empty, or the method is known to give another or to be no function of columns.</exception>
    /// <exception cref="SparkException">Spark refuses the function.</exception>
    /// <exception cref="SparkConnectionException">The connection broke.</exception>
    public async Task RegisterFunctionAsync(string name, SparkMethod method, string type, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        method.RequireColumns(type, null);
        var function = await new MethodPlan(this, method).FunctionAsync(name, type, [], cancellationToken).ConfigureAwait(false);
        await RunAsync(new Command { RegisterFunction = function }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The champion of a model of the registry.</summary>
    /// <param name="name">Model name.</param>
    internal SparkModel FindModel(string name) => SparkModel.FromAlias(
        _registry ?? throw new InvalidOperationException(
            $"Expected a session with a registry to find model '{name}' in, as platform.Spark(...) makes one, but found none: name the model by {nameof(SparkModel)}."),
        name);
}
