using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Joins;

/// <summary>
/// Plans a point-in-time join: the question and the rows of each view get their canonical form and a name in the session, and the query of <see cref="PointInTimeSql"/> joins them. What does not fit is said here.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="service">The features wanted.</param>
/// <param name="store">Where rows come from that no table is given for; null for nowhere.</param>
/// <param name="options">The tables and the mode.</param>
internal sealed class PointInTimePlan(SparkSession session, FeatureServiceDefinition service, FeatureStore? store, SparkJoinOptions options)
{
    /// <summary>The plan.</summary>
    /// <param name="entities">The rows that are asked about.</param>
    /// <param name="timeColumn">The column with the time of each row.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> BuildAsync(Relation entities, string timeColumn, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, PointInTimeTable>(StringComparer.Ordinal);
        var question = await QuestionAsync(entities, timeColumn, cancellationToken).ConfigureAwait(false);
        foreach (var view in service.Views.Where(v => v.View is not null).Select(v => v.View!).DistinctBy(v => v.Name))
        {
            var rows = options.Tables.TryGetValue(view.Name, out var table)
                ? await TableAsync(view, table, cancellationToken).ConfigureAwait(false)
                : await StoredAsync(view, cancellationToken).ConfigureAwait(false);
            names.Add(view.Name, new PointInTimeTable(await NameAsync(rows.Rows, cancellationToken).ConfigureAwait(false))
            {
                EventTimeColumn = FeatureViewDefinition.StoredEventTime,
                CreatedTimeColumn = FeatureViewDefinition.StoredCreatedTime,
                SequenceColumn = rows.HasSequence ? FeatureViewDefinition.StoredSequence : null,
            });
        }

        var sql = PointInTimeSql.For(service, new PointInTimeSqlOptions
        {
            Entities = await NameAsync(question, cancellationToken).ConfigureAwait(false),
            TimeColumn = timeColumn,
            Mode = options.Mode,
            Tables = names,
        });
        return await new JoinedViewsPlan(session, service, store).AddAsync(new Relation { Sql = new() { Query = sql } }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The question: keys in their canonical form, the time as a timestamp, and everything else as it is.</summary>
    private async Task<Relation> QuestionAsync(Relation entities, string timeColumn, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(entities, cancellationToken).ConfigureAwait(false);
        SpineColumns.Check(service, [.. columns.Names], timeColumn, labelColumn: null);
        SpineException Misfit(string column, string expected, string found)
            => new($"Expected column '{column}' of the rows to be {expected} for {service}, but found {found}.", column);

        return Project(entities, columns.Names.Select(name => name == timeColumn ? columns.Time(name, Misfit) :
            service.Description.Keys.FirstOrDefault(key => key.Name == name) is { } key ? columns.Key(name, key.Kind, Misfit) : SparkSql.Name(name)));
    }

    private async Task<(Relation Rows, bool HasSequence)> StoredAsync(FeatureViewDefinition view, CancellationToken cancellationToken)
    {
        if (store is null)
        {
            throw new ArgumentException($"Expected a table for every stored view of {service}, but found none for '{view.Name}': name it in {nameof(SparkJoinOptions)}.{nameof(SparkJoinOptions.Tables)}, or join with a feature store.");
        }

        return (await OfflineCommitPlan.BuildAsync(store, view, options.TimeTravel, options.DataDirectory, cancellationToken).ConfigureAwait(false), true);
    }

    /// <summary>The rows of a table as the offline store would have them.</summary>
    private async Task<(Relation Rows, bool HasSequence)> TableAsync(FeatureViewDefinition view, SparkFeatureTable table, CancellationToken cancellationToken)
    {
        if (table.Table.Session != session)
        {
            throw new ArgumentException($"Expected a table of the session that joins for '{view.Name}', but found one of another.");
        }

        var rows = await table.Table.Plan.BuildAsync(cancellationToken).ConfigureAwait(false);
        var columns = await ColumnsAsync(rows, cancellationToken).ConfigureAwait(false);
        ArgumentException Misfit(string column, string expected, string found) => new($"Expected {expected} in column '{column}' of the table of {view}, but found {found}.");

        var eventTime = table.EventTimeColumn ?? view.EventTimeColumn;
        var createdTime = table.CreatedTimeColumn ?? view.CreatedTimeColumn ?? (view.CreatedTimeEqualsEventTime ? eventTime : throw new ArgumentException(
            $"Expected the table of {view} to say when its rows became known, or the definition to say CreatedTimeEqualsEventTime, but found neither: name a column in {nameof(SparkFeatureTable)}.{nameof(SparkFeatureTable.CreatedTimeColumn)}."));
        var expressions = view.Keys.Select(key => columns.Key(key.Name, key.Kind, Misfit))
            .Append(columns.Time(eventTime, Misfit, FeatureViewDefinition.StoredEventTime))
            .Append(columns.Time(createdTime, Misfit, FeatureViewDefinition.StoredCreatedTime))
            .Concat(table.SequenceColumn is { } sequence ? [$"{SparkSql.Name(columns.Require(sequence, Misfit))} AS {FeatureViewDefinition.StoredSequence}"] : [])
            .Concat(view.Fields.Select(field => columns.Feature(field, view, Misfit)));
        return (Project(rows, expressions), table.SequenceColumn is not null);
    }

    private async Task<StoredColumns> ColumnsAsync(Relation table, CancellationToken cancellationToken)
        => new((await session.AnalyzeTypeAsync(table, cancellationToken).ConfigureAwait(false)).Struct.Fields.Select(SparkTypes.ToColumn));

    /// <summary>SQL of every version finds a table by a name in the session alone; the names go with it.</summary>
    private async Task<string> NameAsync(Relation rows, CancellationToken cancellationToken)
    {
        var name = $"mlp_{Guid.NewGuid():N}";
        await session.RunAsync(new Command { CreateDataframeView = new() { Input = rows, Name = name } }, cancellationToken).ConfigureAwait(false);
        return name;
    }

    private static Relation Project(Relation input, IEnumerable<string> expressions)
        => new() { Project = new() { Input = input, Expressions = { expressions.Select(sql => new Expression { ExpressionString = new() { Expression = sql } }) } } };
}
