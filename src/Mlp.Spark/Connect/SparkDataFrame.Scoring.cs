using Mlp.Spark.Functions;
using Mlp.Spark.OnDemand;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Connect;

/// <content>What the worker does with a table.</content>
public sealed partial class SparkDataFrame
{
    /// <summary>Scores every row with the champion of a model of the platform's registry. The result has the kept columns and then <c>score</c>.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="keep">Columns of this table that the result has too; none for all of them.</param>
    /// <exception cref="InvalidOperationException">The session has no registry.</exception>
    /// <remarks>
    /// What does not fit is said when the result is first used: <see cref="ArgumentException"/> for a column that is missing or has a type that does not hold its feature, and the registry's exceptions for a model
    /// that is not there.
    /// </remarks>
    public SparkDataFrame Score(string model, params IReadOnlyList<string> keep)
    {
        ArgumentNullException.ThrowIfNull(keep);
        return Score(Session.FindModel(model), new SparkScoreOptions { Keep = keep.Count > 0 ? keep : null });
    }

    /// <summary>Scores every row. The result has the kept columns and then the answers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What the result holds and where features come from; null for the defaults.</param>
    /// <remarks>
    /// What does not fit is said when the result is first used, before a task starts. Kept columns stay with Spark, and a row is scored once, whatever steps stand behind; answers that no step reads, as in
    /// <see cref="CountAsync"/>, are not computed.
    /// </remarks>
    public SparkDataFrame Score(SparkModel model, SparkScoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var plan = new ScorePlan(Session, model, options ?? SparkScoreOptions.Default);
        return Then(plan.TableAsync);
    }

    /// <summary>Calls a method with the batches of the table, in no order that it could rely on.</summary>
    /// <param name="method">A method from <c>RecordBatch</c> to <c>RecordBatch</c>.</param>
    /// <param name="columns">What it gives, as Spark's SQL writes it, for example <c>id bigint, total double</c>.</param>
    /// <exception cref="ArgumentException">The columns are empty.</exception>
    public SparkDataFrame Apply(SparkMethod method, string columns)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentException.ThrowIfNullOrWhiteSpace(columns);
        var plan = new MethodPlan(Session, method);
        return Then((table, token) => plan.MapAsync(table, columns, token));
    }

    /// <summary>Computes an on-demand feature view for every row, by the method that serves. The result has the kept columns and then the features.</summary>
    /// <param name="view">The view.</param>
    /// <param name="keep">Columns of this table that the result has too; none for all of them.</param>
    /// <remarks>
    /// The columns of the request, and the stored features that the view computes from, are found by name. One that is missing or does not fit is an <see cref="ArgumentException"/> when the result is first used.
    /// </remarks>
    public SparkDataFrame Apply(SparkOnDemandView view, params IReadOnlyList<string> keep)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(keep);
        var plan = new OnDemandPlan(Session, view, keep.Count > 0 ? keep : null);
        return Then(plan.MapAsync);
    }

    /// <summary>The groups of rows that have the same values.</summary>
    /// <param name="columns">Names of the columns.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public SparkGroups GroupBy(params IReadOnlyList<string> columns)
    {
        ThrowIfEmpty(columns);
        return new SparkGroups(this, columns);
    }
}
