using Mlp.Features.Definitions;
using Mlp.Features.Offline;

namespace Mlp.Features.Tests.Offline;

/// <summary>The raw rows of a view, for tests.</summary>
internal static class Reading
{
    /// <summary>The values of an SQL expression over the rows of the newest commit, in order of sequence.</summary>
    internal static List<T> Column<T>(FeatureStore store, FeatureViewDefinition view, string expression) => Rows(store, view, expression, row => (T)row[0]!);

    /// <summary>SQL expressions over the rows of the newest commit, in order of sequence.</summary>
    internal static List<T> Rows<T>(FeatureStore store, FeatureViewDefinition view, string expressions, Converter<object?[], T> convert)
    {
        var snapshot = store.Offline.Open(view).GetSnapshot();
        using var session = store.Offline.OpenSession();
        return session.Query($"SELECT {expressions} FROM {snapshot.Relation()} ORDER BY {FeatureViewDefinition.StoredSequence}").ConvertAll(convert);
    }

    internal static OfflineView View<T>(FeatureStore store) => store.Offline.Open(FeatureViewDefinition.FromRecord<T>());
}
