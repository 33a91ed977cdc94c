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
        var equal = string.Join(" AND ", view.Keys.Select((_, i) => $"s.{JoinSql.Key(i)} = h.{JoinSql.Key(i)}"));
        var asked = string.Join(" AND ", view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} = s.{JoinSql.Key(i)}"));
        var rows = $"SELECT {Columns(view, question.Fields)} FROM {snapshot.Relation()} o SEMI JOIN {JoinSql.SpineTable} s ON {asked} WHERE epoch_us(o.{FeatureViewDefinition.StoredEventTime}) <= {Text(lastTime)}";
        var answer = question.Mode == JoinMode.EventTime ? LastByNumber(question, rows, equal) : LastOfKnown(question, rows, equal);
        var isExpired = view.TimeToLiveMicroseconds == Visibility.NoTimeToLive ? "false" : $"t - e > {Text(view.TimeToLiveMicroseconds)}";
        var fields = question.Fields.Select((f, i) => $"CASE WHEN {isExpired} THEN NULL ELSE f{Text(i)} END");
        var status = $"(CASE WHEN {isExpired} THEN {(int)FeatureStatus.Expired} ELSE {(int)FeatureStatus.Present} END)::UTINYINT";
        return $"{answer} SELECT {string.Join(", ", fields.Prepend(status).Prepend("c").Prepend("e").Prepend("rank").Prepend(JoinSql.Row))} FROM answer ORDER BY {JoinSql.Row}, rank";
    }

    /// <summary>The rows of a range, in the order of event time, then keys. Columns: keys, event time, created time, features. Rows with a null in their key belong to no entity and are left out.</summary>
    internal static string Range(RangeQuestion question, OfflineSnapshot snapshot)
    {
        var view = question.View;
        var keys = string.Join(", ", view.Keys.Select((_, i) => JoinSql.Key(i)));
        var created = question.Mode == JoinMode.CreatedTime ? $" AND epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) <= {Text(question.AsOf)}" : string.Empty;
        var time = $"epoch_us(o.{FeatureViewDefinition.StoredEventTime})";
        var rows = $"SELECT {Columns(view, question.Fields)} FROM {snapshot.RelationBetween(question.From, question.Bound)} o "
            + $"WHERE {time} >= {Text(question.From)} AND {time} < {Text(question.Bound)} AND {time} <= {Text(question.AsOf)}{created} AND {string.Join(" AND ", view.Keys.Select(k => $"o.{Sql.Name(k.Name)} IS NOT NULL"))}";
        var columns = question.Fields.Select((_, i) => $"f{Text(i)}").Prepend("c").Prepend("e").Prepend(keys);
        return $"SELECT {string.Join(", ", columns)} FROM ({rows} QUALIFY row_number() OVER (PARTITION BY {keys}, e ORDER BY c DESC, q DESC) = 1) ORDER BY e, {keys}";
    }

    /// <summary>What is in force does not depend on the time of the question, so the rows of an entity are numbered once, and a row of the question takes the last numbers.</summary>
    private static string LastByNumber(HistoryQuestion question, string rows, string equal)
    {
        var keys = string.Join(", ", question.View.Keys.Select((_, i) => JoinSql.Key(i)));
        return $"WITH h AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY e) AS n FROM ({rows} QUALIFY row_number() OVER (PARTITION BY {keys}, e ORDER BY c DESC, q DESC) = 1)), "
            + $"last AS (SELECT s.*, h.n AS n FROM {JoinSql.SpineTable} s ASOF JOIN h ON {equal} AND s.{JoinSql.Time} >= h.e), "
            + $"asked AS (SELECT s.*, s.n - i.range AS wanted, i.range + 1 AS rank FROM last s CROSS JOIN range({Text(question.Count)}) i WHERE s.n > i.range), "
            + $"answer AS (SELECT s.{JoinSql.Row}, s.rank, s.{JoinSql.Time}, h.* FROM asked s JOIN h ON {equal} AND s.wanted = h.n)";
    }

    /// <summary>What was known differs from one time to the next, so every row of the question looks at all rows that it can see.</summary>
    private static string LastOfKnown(HistoryQuestion question, string rows, string equal)
        => $"WITH h AS ({rows}), "
            + $"known AS (SELECT s.{JoinSql.Row}, s.{JoinSql.Time}, h.* FROM {JoinSql.SpineTable} s JOIN h ON {equal} AND h.e <= s.{JoinSql.Time} AND h.c <= s.{JoinSql.Time} "
            + $"QUALIFY row_number() OVER (PARTITION BY s.{JoinSql.Row}, h.e ORDER BY h.c DESC, h.q DESC) = 1), "
            + $"answer AS (SELECT *, row_number() OVER (PARTITION BY {JoinSql.Row} ORDER BY e DESC) AS rank FROM known QUALIFY row_number() OVER (PARTITION BY {JoinSql.Row} ORDER BY e DESC) <= {Text(question.Count)})";

    /// <summary>Keys k0.., event time e, created time c, sequence q, features f0.. of stored rows o.</summary>
    private static string Columns(FeatureViewDefinition view, IReadOnlyList<int> fields)
        => string.Join(", ", view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} AS {JoinSql.Key(i)}")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredEventTime}) AS e")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) AS c")
            .Append($"o.{FeatureViewDefinition.StoredSequence} AS q")
            .Concat(fields.Select((f, i) => $"o.{Sql.Name(view.Fields[f].Name)} AS f{Text(i)}")));

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
