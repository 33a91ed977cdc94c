using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// The point-in-time join as SQL. Per view, rows are first reduced to those that can be seen at all, one per key and visible time, so that <c>ASOF</c> never has to choose among ties;
/// then each row of the question takes the last one visible. The time to live is applied to what was found, never as a second inequality: DuckDB 1.5 fails or crawls on it.
/// </summary>
internal static class JoinSql
{
    internal const string SpineTable = "spine";
    internal const string Row = "r";
    internal const string Time = "t";

    /// <summary>From how many rows of a view for each row of the question on the entities that are asked about are sought first.</summary>
    private const int RowsPerQuestion = 20;

    internal static string Key(int index) => Invariant($"k{index}");

    /// <summary>The query: one row per row of the spine, in order. Columns: the features of each stored view in the service's order, its status, its event time.</summary>
    /// <param name="service">The feature service.</param>
    /// <param name="snapshots">One per stored view of the service, in order.</param>
    /// <param name="mode">Which rows may be seen.</param>
    /// <param name="rowCount">Number of rows of the spine.</param>
    /// <param name="firstTime">The earliest time of the spine.</param>
    /// <param name="lastTime">The latest time of the spine.</param>
    internal static string Build(FeatureServiceDefinition service, IReadOnlyList<OfflineSnapshot> snapshots, JoinMode mode, long rowCount, long firstTime, long lastTime)
    {
        var views = service.Views.Where(v => v.View is not null).ToList();
        var with = views.Select((view, i) => $"{Alias(i)} AS ({VisibleRows(view, snapshots[i], mode, rowCount, firstTime, lastTime)})");
        var columns = views.SelectMany(Columns).DefaultIfEmpty("0");
        var effect = mode == JoinMode.EventTime ? "e" : "v";
        var joins = views.Select((view, i) =>
            $"ASOF LEFT JOIN {Alias(i)} ON {string.Join(" AND ", view.KeyIndexes.Select((key, part) => $"s.{Key(key)} = {Alias(i)}.{Key(part)}"))} AND s.{Time} >= {Alias(i)}.{effect}");
        return $"WITH {string.Join(", ", with.DefaultIfEmpty("nothing AS (SELECT 1)"))} SELECT {string.Join(", ", columns)} FROM {SpineTable} s {string.Join(" ", joins)} ORDER BY s.{Row}";
    }

    private static IEnumerable<string> Columns(FeatureServiceView view, int index)
    {
        var (time, eventTime) = ($"s.{Time}", $"{Alias(index)}.e");
        foreach (var column in view.Columns)
        {
            yield return AnswerSql.Value(view.View!, time, eventTime, Invariant($"{Alias(index)}.f{column.FieldIndex}"));
        }

        yield return AnswerSql.Status(view.View!, time, eventTime, "UTINYINT");
        yield return eventTime;
    }

    /// <summary>Rows of a view with columns k0.., e (event time), f0.. and, by created time, v (when the row takes effect).</summary>
    private static string VisibleRows(FeatureServiceView serviceView, OfflineSnapshot snapshot, JoinMode mode, long rowCount, long firstTime, long lastTime)
    {
        var view = serviceView.View!;
        var keys = string.Join(", ", view.Keys.Select((_, i) => Key(i)));
        var columns = view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} AS {Key(i)}")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredEventTime}) AS e")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredCreatedTime}) AS c")
            .Append($"o.{FeatureViewDefinition.StoredSequence} AS q")
            .Concat(serviceView.Columns.Select(x => x.FieldIndex).Distinct().Select(f => Invariant($"o.{Sql.Name(view.Fields[f].Name)} AS f{f}")));

        // Only entities that are asked about. Where the question is long beside the view, it names most of them, and looking for them costs more than it saves; but a null key equals nothing, which ASOF does not know.
        var isAskedForFew = rowCount < snapshot.RowCount / RowsPerQuestion;
        var asked = string.Join(" AND ", serviceView.KeyIndexes.Select((key, part) => $"o.{Sql.Name(view.Keys[part].Name)} = s.{Key(key)}"));
        var rows = $"SELECT {string.Join(", ", columns)} FROM {Relation(serviceView, snapshot, firstTime)} o{(isAskedForFew ? $" SEMI JOIN {SpineTable} s ON {asked}" : $" WHERE {string.Join(" AND ", view.Keys.Select(k => $"o.{Sql.Name(k.Name)} IS NOT NULL"))}")}";
        if (mode == JoinMode.EventTime)
        {
            // Of rows with one event time the last by created time and sequence.
            return Invariant($"SELECT * EXCLUDE (c, q) FROM ({rows}) WHERE e <= {lastTime} QUALIFY row_number() OVER (PARTITION BY {keys}, e ORDER BY c DESC, q DESC) = 1");
        }

        // A row takes effect when it is known and due (v), and only if nothing that ranks above it has taken effect by then.
        var ranked = Invariant($"SELECT *, greatest(e, c) AS v, row_number() OVER (PARTITION BY {keys} ORDER BY e, c, q) AS rank FROM ({rows}) WHERE greatest(e, c) <= {lastTime}");
        var effective = $"SELECT * FROM ({ranked}) QUALIFY max(rank) OVER (PARTITION BY {keys} ORDER BY v, rank ROWS UNBOUNDED PRECEDING) = rank";
        return $"SELECT * EXCLUDE (c, q, rank) FROM ({effective}) QUALIFY row_number() OVER (PARTITION BY {keys}, v ORDER BY rank DESC) = 1";
    }

    /// <summary>The rows of the files. Of a file whose rows have all outlived their time to live at every time of the spine only keys and times are read: they make the difference between Expired and Missing.</summary>
    private static string Relation(FeatureServiceView serviceView, OfflineSnapshot snapshot, long firstTime)
    {
        var view = serviceView.View!;
        var expired = view.TimeToLiveMicroseconds == Visibility.NoTimeToLive
            ? snapshot.Select(_ => false)
            : snapshot.Select(file => Visibility.IsExpired(file.File.MaxEventTime, firstTime, view.TimeToLiveMicroseconds));
        if (expired.Files.Count == 0)
        {
            return snapshot.Relation();
        }

        var kept = expired.Files.ToHashSet();
        var used = serviceView.Columns.Select(column => view.Fields[column.FieldIndex].Name).ToHashSet(StringComparer.Ordinal);
        var columns = OfflineView.Columns(view).Where(column => used.Contains(column.Name) || view.Fields.All(field => field.Name != column.Name)).ToList();
        var all = string.Join(", ", columns.Select(column => Sql.Name(column.Name)));
        var keysOnly = string.Join(", ", columns.Select(column => used.Contains(column.Name) ? $"NULL::{column.Type} AS {Sql.Name(column.Name)}" : Sql.Name(column.Name)));
        return $"(SELECT {all} FROM {snapshot.Select(file => !kept.Contains(file.File)).Relation()} UNION ALL SELECT {keysOnly} FROM {expired.Relation()})";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Alias(int index) => Invariant($"v{index}");
}
