using Mlp.Features.Definitions;
using Mlp.Features.Interop;

namespace Mlp.Features.Offline;

/// <summary>The rows of a snapshot without those that later ones replaced, so that it does not matter what has been compacted.</summary>
internal static class LatestRows
{
    /// <summary>SQL for all columns; of rows with one key, event time and created time the latest. A null key is no entity, so no two rows of it are one.</summary>
    /// <param name="snapshot">The rows.</param>
    internal static string Of(OfflineSnapshot snapshot)
    {
        var keys = snapshot.View.Keys.Select(key => Sql.Name(key.Name)).ToList();
        var isNull = string.Join(" OR ", keys.Select(key => $"{key} IS NULL"));
        return $"SELECT {string.Join(", ", OfflineView.Columns(snapshot.View).Select(column => Sql.Name(column.Name)))} FROM {snapshot.Relation()} "
            + $"QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", keys)}, {Sql.Name(FeatureViewDefinition.StoredEventTime)}, {Sql.Name(FeatureViewDefinition.StoredCreatedTime)} "
            + $"ORDER BY {Sql.Name(FeatureViewDefinition.StoredSequence)} DESC) = 1 OR {isNull}";
    }
}
