using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Queries of the rows of one view: the last of an entity, and those of a range of event times. Of rows with one entity and event time the last by created time and sequence is seen, in created-time mode the last
/// of those that were known.
/// </summary>
internal static class HistorySql
{
    /// <summary>The last rows before each row of <see cref="JoinSql.SpineTable"/>, newest first. Columns: row, rank, event time, created time, status, features.</summary>
    internal static string Last(HistoryQuestion question, OfflineSnapshot snapshot, long lastTime)
    {
        var view = question.View;
        var asked = string.Join(" AND ", view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} = s.{JoinSql.Key(i)}"));
        var known = question.Mode == JoinMode.CreatedTime ? $" AND epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) <= {Text(lastTime)}" : string.Empty;
        var rows = $"SELECT {Columns(view, question.Fields)} FROM {snapshot.Relation()} o SEMI JOIN {JoinSql.SpineTable} s ON {asked} WHERE epoch_us(o.{FeatureViewDefinition.StoredEventTime}) <= {Text(lastTime)}{known}";
        var numbered = question.Mode == JoinMode.EventTime ? LastByNumber(question, rows) : LastOfKnown(question, rows);
        var isExpired = view.TimeToLiveMicroseconds == Visibility.NoTimeToLive ? "false" : $"t - e > {Text(view.TimeToLiveMicroseconds)}";
        var fields = question.Fields.Select((f, i) => $"CASE WHEN {isExpired} THEN NULL ELSE f{Text(i)} END");
        var status = $"(CASE WHEN {isExpired} THEN {(int)FeatureStatus.Expired} ELSE {(int)FeatureStatus.Present} END)::UTINYINT";
        return $"WITH {numbered}, answer AS (SELECT s.{JoinSql.Row}, s.rank, s.{JoinSql.Time}, h.* FROM asked s JOIN h ON {Equal(view, "h")} AND s.wanted = h.n) "
            + $"SELECT {string.Join(", ", fields.Prepend(status).Prepend("c").Prepend("e").Prepend("rank").Prepend(JoinSql.Row))} FROM answer ORDER BY {JoinSql.Row}, rank";
    }

    /// <summary>The rows of a range, in the order of event time, then keys. Columns: keys, event time, created time, features. Rows with a null in their key belong to no entity and are left out.</summary>
    internal static string Range(RangeQuestion question, OfflineSnapshot snapshot)
    {
        var view = question.View;
        var keys = Keys(view);
        var created = question.Mode == JoinMode.CreatedTime ? $" AND epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) <= {Text(question.AsOf)}" : string.Empty;
        var time = $"epoch_us(o.{FeatureViewDefinition.StoredEventTime})";
        var rows = $"SELECT {Columns(view, question.Fields)} FROM {snapshot.RelationBetween(question.From, question.Bound)} o "
            + $"WHERE {time} >= {Text(question.From)} AND {time} < {Text(question.Bound)} AND {time} <= {Text(question.AsOf)}{created} AND {string.Join(" AND ", view.Keys.Select(k => $"o.{Sql.Name(k.Name)} IS NOT NULL"))}";
        var columns = question.Fields.Select((_, i) => $"f{Text(i)}").Prepend("c").Prepend("e").Prepend(keys);
        return $"SELECT {string.Join(", ", columns)} FROM ({rows} QUALIFY row_number() OVER (PARTITION BY {keys}, e ORDER BY c DESC, q DESC) = 1) ORDER BY e, {keys}";
    }

    /// <summary>
    /// Rows h with their numbers n per entity, and the numbers wanted for each row of the question. What is in force does not depend on the time of the question, so the rows of an entity are numbered once, and a row of the
    /// question takes the last numbers.
    /// </summary>
    private static string LastByNumber(HistoryQuestion question, string rows)
    {
        var keys = Keys(question.View);
        return $"h AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY e) AS n FROM ({rows} QUALIFY row_number() OVER (PARTITION BY {keys}, e ORDER BY c DESC, q DESC) = 1)), "
            + $"last AS (SELECT s.*, h.n AS n FROM {JoinSql.SpineTable} s ASOF JOIN h ON {Equal(question.View, "h")} AND s.{JoinSql.Time} >= h.e), "
            + $"asked AS (SELECT s.*, s.n - i.range AS wanted, i.range + 1 AS rank FROM last s CROSS JOIN range({Text(question.Count)}) i WHERE s.n > i.range)";
    }

    /// <summary>
    /// The same for what was known, which differs from one time to the next. The rows of an entity are numbered once, by event time, created time and sequence. Those that rank above all that took effect before them
    /// (<c>chain</c>) follow each other by the time of effect as by number, so of them the last event times before a row of the question are found without a look at the others: what is in force is among the
    /// numbers from there (<c>low</c>) to the last that is not from the future (<c>high</c>). Only rows between them are looked at: the wanted ones, those that came late, and those that were not known yet.
    /// </summary>
    private static string LastOfKnown(HistoryQuestion question, string rows)
    {
        var view = question.View;
        var keys = Keys(view);
        return $"h AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY e, c, q) AS n FROM ({rows})), "
            + $"effect AS (SELECT {keys}, e, n, greatest(e, c) AS v FROM h), "
            + $"chain AS MATERIALIZED (SELECT *, dense_rank() OVER (PARTITION BY {keys} ORDER BY e) AS d FROM (SELECT * FROM effect QUALIFY max(n) OVER (PARTITION BY {keys} ORDER BY v, n ROWS UNBOUNDED PRECEDING) = n)), "
            + $"newest AS (SELECT s.*, x.d AS d, x.n AS n FROM {JoinSql.SpineTable} s ASOF JOIN (SELECT {keys}, v, max(d) AS d, max(n) AS n FROM chain GROUP BY {keys}, v) x ON {Equal(view, "x")} AND s.{JoinSql.Time} >= x.v), "
            + $"high AS (SELECT s.*, x.n AS high FROM newest s ASOF JOIN (SELECT {keys}, e, max(n) AS n FROM h GROUP BY {keys}, e) x ON {Equal(view, "x")} AND s.{JoinSql.Time} >= x.e), "
            + $"low AS (SELECT s.*, least(s.n, coalesce(x.n, 1)) AS low FROM high s LEFT JOIN (SELECT {keys}, d, max(n) AS n FROM chain GROUP BY {keys}, d) x ON {Equal(view, "x")} AND x.d = s.d - {Text(question.Count - 1)}), "
            + $"candidates AS (SELECT s.*, unnest(range(s.low, s.high + 1)) AS wanted FROM low s), "
            + $"known AS (SELECT s.*, h.e AS e FROM candidates s JOIN h ON {Equal(view, "h")} AND s.wanted = h.n WHERE h.c <= s.{JoinSql.Time} QUALIFY row_number() OVER (PARTITION BY s.{JoinSql.Row}, h.e ORDER BY h.n DESC) = 1), "
            + $"asked AS (SELECT *, row_number() OVER (PARTITION BY {JoinSql.Row} ORDER BY e DESC) AS rank FROM known QUALIFY rank <= {Text(question.Count)})";
    }

    private static string Keys(FeatureViewDefinition view) => string.Join(", ", view.Keys.Select((_, i) => JoinSql.Key(i)));

    /// <summary>The keys of a row of the question s are those of another table.</summary>
    private static string Equal(FeatureViewDefinition view, string other) => string.Join(" AND ", view.Keys.Select((_, i) => $"s.{JoinSql.Key(i)} = {other}.{JoinSql.Key(i)}"));

    /// <summary>Keys k0.., event time e, created time c, sequence q, features f0.. of stored rows o.</summary>
    private static string Columns(FeatureViewDefinition view, IReadOnlyList<int> fields)
        => string.Join(", ", view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} AS {JoinSql.Key(i)}")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredEventTime}) AS e")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) AS c")
            .Append($"o.{FeatureViewDefinition.StoredSequence} AS q")
            .Concat(fields.Select((f, i) => $"o.{Sql.Name(view.Fields[f].Name)} AS f{Text(i)}")));

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
