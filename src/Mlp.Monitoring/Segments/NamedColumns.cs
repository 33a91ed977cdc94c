using Apache.Arrow;

namespace Mlp.Monitoring.Segments;

/// <summary>Finds columns of our files by name: what a file does not have reads null, and what it has beside is passed over.</summary>
internal static class NamedColumns
{
    /// <summary>The column of a name.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="batch">The batch.</param>
    /// <param name="name">The name.</param>
    /// <returns>The column, or null when the batch has none of that name.</returns>
    public static T? Find<T>(this RecordBatch batch, string name)
        where T : class, IArrowArray
    {
        var index = batch.Schema.GetFieldIndex(name);
        return index < 0 ? null : (T)batch.Column(index);
    }
}
