using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Connect;

/// <summary>Groups of rows of a table. All rows of a group come to one task, and must fit into its memory. Immutable and thread-safe.</summary>
public sealed class SparkGroups
{
    private readonly SparkDataFrame _table;
    private readonly IReadOnlyList<string> _keys;

    internal SparkGroups(SparkDataFrame table, IReadOnlyList<string> keys)
    {
        _table = table;
        _keys = keys;
    }

    /// <summary>Scores the rows of each group, which stay together. From Spark 4.1 on a group of more rows than <c>spark.sql.execution.arrow.maxRecordsPerBatch</c> comes to the model in several batches.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What the result holds and where features come from; null for the defaults.</param>
    /// <remarks>What does not fit is said when the result is first used, before a task starts.</remarks>
    public SparkDataFrame Score(SparkModel model, SparkScoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var plan = new ScorePlan(_table.Session, model, options ?? SparkScoreOptions.Default);
        return _table.Then((table, token) => plan.GroupAsync(table, _keys, token));
    }

    /// <summary>Calls a method with each group.</summary>
    /// <param name="method">A method from <c>RecordBatch</c> to <c>RecordBatch</c>.</param>
    /// <param name="columns">What it gives, as Spark's SQL writes it.</param>
    /// <exception cref="ArgumentException">The columns are empty.</exception>
    public SparkDataFrame Apply(SparkMethod method, string columns)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentException.ThrowIfNullOrWhiteSpace(columns);
        var plan = new MethodPlan(_table.Session, method);
        return _table.Then((table, token) => plan.GroupAsync(table, _keys, columns, token));
    }
}
