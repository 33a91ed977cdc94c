using Mlp.Features.Definitions;
using Mlp.Features.Offline;

namespace Mlp.Features.Tests.Offline;

/// <summary>The raw rows of a view, for tests.</summary>
internal static class Reading
{
    /// <summary>The values of an SQL expression over the rows of the newest commit, in order of sequence.</summary>
    internal static List<T> Column<T>(FeatureStore store, FeatureViewDefinition view, string expression)
    {
        var snapshot = store.Offline.Open(view).GetSnapshot();
        using var session = store.Offline.OpenSession();
        return session.Query($"SELECT {expression} FROM {snapshot.Relation()} ORDER BY {FeatureViewDefinition.StoredSequence}").ConvertAll(r => (T)r[0]!);
    }

    internal static OfflineView View<T>(FeatureStore store) => store.Offline.Open(FeatureViewDefinition.FromRecord<T>());
}
