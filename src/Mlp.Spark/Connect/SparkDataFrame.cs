using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>
/// A table that Spark computes when it is collected, written or shown to SQL. Each step gives another table and leaves this one as it is. Immutable and thread-safe.
/// </summary>
public sealed partial class SparkDataFrame
{
    internal SparkDataFrame(SparkSession session, SparkPlan plan)
    {
        Session = session;
        Plan = plan;
    }

    /// <summary>The session that it belongs to.</summary>
    public SparkSession Session { get; }

    /// <summary>Writes the table.</summary>
    public SparkWriter Write => new(this);

    /// <summary>How it is computed.</summary>
    internal SparkPlan Plan { get; }

    /// <summary>Some columns of the table, by name.</summary>
    /// <param name="columns">The columns, in the order wanted.</param>
    /// <exception cref="ArgumentException">There are none, or the worker of another session computes one.</exception>
    public SparkDataFrame Select(params IReadOnlyList<SparkColumn> columns)
    {
        RequireOwn(columns);
        return Then(async (input, token) =>
        {
            var project = new Project { Input = input };
            foreach (var column in columns)
            {
                project.Expressions.Add(await column.BuildAsync(input, token).ConfigureAwait(false));
            }

            return new Relation { Project = project };
        });
    }

    /// <summary>Columns that Spark's SQL computes.</summary>
    /// <param name="expressions">The expressions, for example <c>id</c> and <c>fare + tips AS total</c>.</param>
    /// <exception cref="ArgumentException">There are none, or one is empty.</exception>
    public SparkDataFrame SelectSql(params IReadOnlyList<string> expressions)
    {
        ThrowIfEmpty(expressions);
        return Select([.. expressions.Select(SparkColumn.Sql)]);
    }

    /// <summary>The rows for which a condition holds.</summary>
    /// <param name="condition">The condition in Spark's SQL, for example <c>fare > 0</c>.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public SparkDataFrame Where(string condition)
    {
        var column = SparkColumn.Sql(condition);
        return Then(async (input, token) => new Relation { Filter = new() { Input = input, Condition = await column.BuildAsync(input, token).ConfigureAwait(false) } });
    }

    /// <summary>The table with one column more, or with another in the place of one of that name.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="column">What it holds.</param>
    /// <exception cref="ArgumentException">The name is empty, or the worker of another session computes the column.</exception>
    public SparkDataFrame WithColumn(string name, SparkColumn column)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(column);
        RequireOwn([column]);
        return Then(async (input, token) => new Relation
        {
            WithColumns = new() { Input = input, Aliases = { new Expression.Types.Alias { Expr = await column.BuildUnnamedAsync(input, token).ConfigureAwait(false), Name = { name } } } },
        });
    }

    /// <summary>The first rows that Spark finds.</summary>
    /// <param name="count">How many at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public SparkDataFrame Limit(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Then(input => new Relation { Limit = new() { Input = input, Limit_ = count } });
    }

    /// <summary>The rows in an order.</summary>
    /// <param name="columns">Columns to order by, ascending, nulls first.</param>
    /// <exception cref="ArgumentException">There are none, or the worker of another session computes one.</exception>
    public SparkDataFrame OrderBy(params IReadOnlyList<SparkColumn> columns)
    {
        RequireOwn(columns);
        return Then(async (input, token) =>
        {
            var sort = new Sort { Input = input, IsGlobal = true };
            foreach (var column in columns)
            {
                sort.Order.Add(new Expression.Types.SortOrder
                {
                    Child = await column.BuildUnnamedAsync(input, token).ConfigureAwait(false),
                    Direction = Expression.Types.SortOrder.Types.SortDirection.Ascending,
                    NullOrdering = Expression.Types.SortOrder.Types.NullOrdering.SortNullsFirst,
                });
            }

            return new Relation { Sort = sort };
        });
    }

    /// <summary>The rows in another number of partitions, each of which is a task.</summary>
    /// <param name="count">Number of partitions, from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less.</exception>
    public SparkDataFrame Repartition(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Then(input => new Relation { Repartition = new() { Input = input, NumPartitions = count, Shuffle = true } });
    }

    /// <summary>The rows of this table and then those of another, with the columns of this one by position.</summary>
    /// <param name="other">The other table, of the same session.</param>
    /// <exception cref="ArgumentException">It is of another session.</exception>
    public SparkDataFrame Union(SparkDataFrame other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Session != Session)
        {
            throw new ArgumentException("Expected a table of the same session, but found one of another.", nameof(other));
        }

        return Then(async (input, token) => new Relation
        {
            SetOp = new()
            {
                LeftInput = input,
                RightInput = await other.Plan.BuildAsync(token).ConfigureAwait(false),
                SetOpType = SetOperation.Types.SetOpType.Union,
                IsAll = true,
            },
        });
    }

    /// <summary>The columns and their types, as batches will have them. Nothing is computed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SparkException">The query is wrong.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    /// <exception cref="NotSupportedException">A column has a type that Arrow does not carry.</exception>
    public async Task<Schema> GetSchemaAsync(CancellationToken cancellationToken = default)
        => SparkTypes.ToSchema(await Session.AnalyzeTypeAsync(await Plan.BuildAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false));

    /// <summary>How Spark would compute the table, as text.</summary>
    /// <param name="extended">Whether the logical plans are shown too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SparkException">The query is wrong.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task<string> ExplainAsync(bool extended = false, CancellationToken cancellationToken = default)
    {
        var mode = extended ? AnalyzePlanRequest.Types.ExplainMode.Extended : AnalyzePlanRequest.Types.ExplainMode.Simple;
        var plan = new Plan { Root = await Plan.BuildAsync(cancellationToken).ConfigureAwait(false) };
        var response = await Session.Channel.AnalyzeAsync(new AnalyzePlanRequest { Explain = new() { Plan = plan, ExplainMode = mode } }, cancellationToken).ConfigureAwait(false);
        return response.Explain.ExplainString;
    }

    /// <summary>Computes the table and hands over its rows as they come. The caller disposes of each batch. Whoever stops reading stops the cluster.</summary>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: the rest of the result is lost.</exception>
    public async IAsyncEnumerable<RecordBatch> CollectAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var plan = new Plan { Root = await Plan.BuildAsync(cancellationToken).ConfigureAwait(false) };
        await foreach (var response in Session.Channel.ExecuteAsync(plan, cancellationToken).ConfigureAwait(false))
        {
            if (response.ArrowBatch is { } part)
            {
                await foreach (var batch in ArrowParts.ReadAsync(part, cancellationToken).ConfigureAwait(false))
                {
                    yield return batch;
                }
            }
        }
    }

    /// <summary>Number of rows.</summary>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke.</exception>
    public async Task<long> CountAsync(CancellationToken cancellationToken = default)
    {
        await foreach (var batch in SelectSql("count(1)").CollectAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                if (batch.Length > 0)
                {
                    return ((Int64Array)batch.Column(0)).GetValue(0) ?? 0;
                }
            }
        }

        return 0;
    }

    /// <summary>Names the table for SQL of this session. A view of that name is replaced.</summary>
    /// <param name="name">Name of the view.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="SparkException">The query or the name is wrong.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task CreateTemporaryViewAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var view = new CreateDataFrameViewCommand { Input = await Plan.BuildAsync(cancellationToken).ConfigureAwait(false), Name = name, Replace = true };
        await Session.RunAsync(new Command { CreateDataframeView = view }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A table over this one.</summary>
    /// <param name="step">The step.</param>
    internal SparkDataFrame Then(Func<Relation, Relation> step) => new(Session, Plan.Then(step));

    /// <summary>A table over this one whose step asks the server.</summary>
    /// <param name="step">The step.</param>
    internal SparkDataFrame Then(Func<Relation, CancellationToken, Task<Relation>> step) => new(Session, Plan.Then(step));

    private static void ThrowIfEmpty<T>(IReadOnlyList<T> items, [CallerArgumentExpression(nameof(items))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(items, parameter);
        if (items.Count == 0)
        {
            throw new ArgumentException("Expected at least one column, but found none.", parameter);
        }
    }

    /// <summary>Refuses columns that the worker of another session computes: this one's executors do not have it.</summary>
    private void RequireOwn(IReadOnlyList<SparkColumn> columns)
    {
        ThrowIfEmpty(columns);
        if (columns.Any(c => c.Session is { } session && session != Session))
        {
            throw new ArgumentException("Expected columns of the same session, but found one that the worker of another computes.", nameof(columns));
        }
    }
}
