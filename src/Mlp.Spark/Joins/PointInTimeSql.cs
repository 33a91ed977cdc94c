using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Joins;

/// <summary>
/// The point-in-time join of a feature service as one query of Spark's SQL, for 3.5 to 4.3 without settings of its own. No join multiplies rows: per view, its rows and those of the question are put under each other,
/// shuffled by key, sorted by time, and read once; each row of the question takes the greatest feature row before it. So a view costs one shuffle of both, and a task keeps nothing but one row of features.
/// </summary>
public static class PointInTimeSql
{
    /// <summary>The query. It gives <c>__row</c>, the columns of the question, the stored features in the service's order, and of each view a status and an event time (<see cref="TrainingSetColumns"/>).</summary>
    /// <param name="service">The features wanted. Those of on-demand views are not in the result: they are C# code (<c>SparkSession.PointInTimeJoin</c> runs it).</param>
    /// <param name="options">The tables and the mode.</param>
    /// <returns>A SELECT without a final semicolon.</returns>
    /// <remarks>
    /// Every row of the question comes back once, in no order; <c>__row</c> is unique and ascends in the order in which Spark reads the rows, with gaps. The status is a TINYINT with the numbers of
    /// <see cref="FeatureStatus"/>, the event time a BIGINT of microseconds. A null in a time, or a time outside the years 1 to 9999, ends the query with a sentence.
    /// </remarks>
    /// <exception cref="ArgumentException">A table is named for what is no view of the service, or a view does not say when its rows became known.</exception>
    public static string For(FeatureServiceDefinition service, PointInTimeSqlOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Entities);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.TimeColumn);
        var views = service.Views.Where(view => view.View is not null).ToList();
        RequireViews(service, options.Tables.Keys, nameof(options));

        var time = SparkSql.Microseconds(options.TimeColumn, string.Empty, options.TimeType, "the rows");
        var sql = new StringBuilder(FormattableString.Invariant($"WITH mlp_joined0 AS (\n  SELECT monotonically_increasing_id() AS r, {time} AS t, struct(*) AS q\n  FROM {options.Entities}\n)"));
        for (var i = 0; i < views.Count; i++)
        {
            var table = options.Tables.GetValueOrDefault(views[i].View!.Name) ?? new PointInTimeTable(SparkSql.Name(views[i].View!.Name));
            AppendView(sql, service, views[i], table, options.Mode, i);
        }

        var columns = string.Join(",\n  ", Columns(service, views).Prepend("q.*").Prepend($"r AS {SparkSql.Name(TrainingSetColumns.RowNumber)}"));
        return sql.Append(FormattableString.Invariant($"\nSELECT\n  {columns}\nFROM mlp_joined{views.Count}")).ToString();
    }

    /// <summary>Refuses tables of what is no view.</summary>
    /// <param name="service">The service.</param>
    /// <param name="named">Names of the views that tables are given for.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    internal static void RequireViews(FeatureServiceDefinition service, IEnumerable<string> named, string parameter)
    {
        var views = service.Views.Where(view => view.View is not null).Select(view => view.View!.Name).Distinct().ToList();
        if (named.FirstOrDefault(name => !views.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new ArgumentException($"Expected tables of the stored views of {service} ({string.Join(", ", views.Select(v => $"'{v}'"))}), but found one of '{unknown}'.", parameter);
        }
    }

    /// <summary>
    /// Adds the rows of a view and the rows of the question under each other (<c>both</c>), and then what each of these has found (<c>joined</c>). <c>w</c> is when a row takes effect, and <c>side</c> puts a row of the
    /// question behind feature rows of its time. Among the rows in effect the greatest by event time, created time and sequence is seen, whenever it took effect. A null key equals nothing, and questions with one
    /// are spread by their times, for they may be many.
    /// </summary>
    private static void AppendView(StringBuilder sql, FeatureServiceDefinition service, FeatureServiceView view, PointInTimeTable table, JoinMode mode, int index)
    {
        var keys = service.Description.Keys;
        var parts = Enumerable.Range(0, view.KeyIndexes.Count).ToList();
        var answers = Enumerable.Range(0, index).Select(i => FormattableString.Invariant($"a{i}")).ToList();
        var names = string.Join(", ", parts.Select(Part));
        var asked = parts.ConvertAll(part => SparkSql.Key($"q.{SparkSql.Name(keys[view.KeyIndexes[part]].Name)}", keys[view.KeyIndexes[part]].Kind));
        var isNull = string.Join(" OR ", asked.Select(key => $"{key} IS NULL"));
        var isKnown = string.Join(" AND ", parts.Select(part => $"{Part(part)} IS NOT NULL"));
        var carried = string.Join(", ", answers.Prepend("q").Prepend("t").Prepend("r"));
        var absent = string.Join(", ", answers.Prepend("q").Prepend("t").Prepend("r").Select(name => $"NULL AS {name}"));
        var effect = mode == JoinMode.EventTime ? "e" : "greatest(e, c)";
        var fields = string.Join(", ", view.Columns.Select(column => column.FieldIndex).Distinct().Select(Field).Prepend("e"));
        sql.Append(FormattableString.Invariant($"""
            ,
            mlp_both{index} AS (
              SELECT {string.Join(", ", asked.Select((key, part) => $"{key} AS {Part(part)}"))}, CASE WHEN {isNull} THEN t ELSE 0L END AS z, t AS w, 1 AS side, {carried}, NULL AS v, NULL AS x
              FROM mlp_joined{index}
              UNION ALL
              SELECT {names}, 0L AS z, {effect} AS w, 0 AS side, {absent}, struct({(table.SequenceColumn is null ? "e, c" : "e, c, n")}) AS v, struct({fields}) AS x
              FROM ({Rows(view, table)})
              WHERE {isKnown}
            ),
            mlp_joined{index + 1} AS (
              SELECT {carried}, a{index}
              FROM (SELECT *, max_by(x, v) OVER (PARTITION BY {names}, z ORDER BY w, side ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a{index} FROM mlp_both{index})
              WHERE side = 1
            )
            """));
    }

    /// <summary>The rows of a view: keys k0.., event time e, created time c, sequence n, features f0...</summary>
    private static string Rows(FeatureServiceView serviceView, PointInTimeTable table)
    {
        var view = serviceView.View!;
        var where = $"the rows of {view}";
        var eventTime = table.EventTimeColumn ?? view.EventTimeColumn;
        var createdTime = table.CreatedTimeColumn ?? view.CreatedTimeColumn ?? (view.CreatedTimeEqualsEventTime ? eventTime : throw new ArgumentException(
            $"Expected a column with the created time of {view}, or CreatedTimeEqualsEventTime in its definition, but found neither.", nameof(table)));
        var columns = view.Keys.Select((key, part) => $"{SparkSql.Key($"o.{SparkSql.Name(key.Name)}", key.Kind)} AS {Part(part)}")
            .Append($"{SparkSql.Microseconds(eventTime, "o.", table.TimeType, where)} AS e")
            .Append($"{SparkSql.Microseconds(createdTime, "o.", table.TimeType, where)} AS c")
            .Concat(table.SequenceColumn is { } sequence ? [$"o.{SparkSql.Name(sequence)} AS n"] : [])
            .Concat(serviceView.Columns.Select(column => column.FieldIndex).Distinct().Select(field => $"o.{SparkSql.Name(view.Fields[field].Name)} AS {Field(field)}"));
        return $"SELECT {string.Join(", ", columns)} FROM {table.Name} o";
    }

    /// <summary>The stored features in the service's order, then the status and event time of each view.</summary>
    private static IEnumerable<string> Columns(FeatureServiceDefinition service, List<FeatureServiceView> views)
    {
        var layout = service.Description.Layout.Columns;
        var features = views.SelectMany((view, i) => view.Columns.Select(column => (column.ColumnIndex, Sql: $"{AnswerSql.Value(view.View!, "t", $"a{i}.e", $"a{i}.{Field(column.FieldIndex)}")} AS {SparkSql.Name(layout[column.ColumnIndex].Name)}")));
        var facts = views.SelectMany((view, i) => new[]
        {
            $"{AnswerSql.Status(view.View!, "t", $"a{i}.e", "TINYINT")} AS {SparkSql.Name(TrainingSetColumns.StatusOf(view.Name))}",
            $"a{i}.e AS {SparkSql.Name(TrainingSetColumns.EventTimeOf(view.Name))}",
        });
        return features.OrderBy(feature => feature.ColumnIndex).Select(feature => feature.Sql).Concat(facts);
    }

    private static string Part(int index) => FormattableString.Invariant($"k{index}");

    private static string Field(int index) => FormattableString.Invariant($"f{index}");
}
