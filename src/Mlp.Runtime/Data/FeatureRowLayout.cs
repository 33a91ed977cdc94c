namespace Mlp.Runtime.Data;

/// <summary>
/// Where each feature of a service lies in <see cref="FeatureRows"/>: one row-major block per element type, columns in the service's order within it. A vector takes as many neighbouring
/// elements of the float32 block as it is long.
/// Immutable and thread-safe.
/// </summary>
public sealed class FeatureRowLayout
{
    private readonly int[] _offsets;
    private readonly int[] _viewIndexes;
    private readonly int[] _widths = new int[6];
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    /// <summary>Lays out columns.</summary>
    /// <param name="columns">The features in the service's order; names are unique.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or a feature has a length that is not allowed.</exception>
    public FeatureRowLayout(IReadOnlyList<FeatureColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Columns = [.. columns];
        _offsets = new int[Columns.Count];
        _viewIndexes = new int[Columns.Count];
        var views = new List<string>();
        for (var i = 0; i < Columns.Count; i++)
        {
            var column = Columns[i];
            if (!_indexes.TryAdd(column.Name, i))
            {
                throw new ArgumentException($"Expected feature names to be unique, but '{column.Name}' occurs twice.", nameof(columns));
            }

            if (VectorLength.FindProblem(column.Type, column.Length) is { } problem)
            {
                throw new ArgumentException($"Expected feature '{column.Name}' to have {problem}.", nameof(columns));
            }

            _offsets[i] = _widths[(int)column.Type];
            _widths[(int)column.Type] = checked(_widths[(int)column.Type] + column.Length);
            HasVectors |= column.IsVector;
            var view = views.IndexOf(column.View);
            if (view < 0)
            {
                view = views.Count;
                views.Add(column.View);
            }

            _viewIndexes[i] = view;
        }

        Views = [.. views];
        (ColumnCount, ViewCount) = (Columns.Count, views.Count);
    }

    /// <summary>The features in the service's order.</summary>
    public IReadOnlyList<FeatureColumn> Columns { get; }

    /// <summary>The views that the features come from, in order of first use.</summary>
    public IReadOnlyList<string> Views { get; }

    /// <summary>Whether all features are single float32 numbers.</summary>
    internal bool HoldsNumbersOfFloat32Only => !HasVectors && _widths[(int)FeatureType.Float32] == ColumnCount;

    /// <summary>Number of features; known without a call through an interface.</summary>
    internal int ColumnCount { get; }

    /// <summary>Number of views; known without a call through an interface.</summary>
    internal int ViewCount { get; }

    /// <summary>Whether a feature is a vector.</summary>
    internal bool HasVectors { get; }

    /// <summary>How many elements a row has in the block of a type: one per feature of that type, and of a vector its length.</summary>
    /// <param name="type">The type.</param>
    /// <returns>Width of that type's block.</returns>
    public int WidthOf(FeatureType type) => _widths[(int)type];

    /// <summary>Position of the first element of a feature within the block of its type. Of a text feature it is its position among the text features.</summary>
    /// <param name="column">Index of the feature in <see cref="Columns"/>.</param>
    /// <returns>Offset from 0, in elements.</returns>
    public int OffsetOf(int column) => _offsets[column];

    /// <summary>Index in <see cref="Views"/> of the view that a feature comes from.</summary>
    /// <param name="column">Index of the feature in <see cref="Columns"/>.</param>
    /// <returns>Index from 0.</returns>
    public int ViewIndexOf(int column) => _viewIndexes[column];

    /// <summary>Index of a feature by name.</summary>
    /// <param name="name">Feature name.</param>
    /// <returns>Index in <see cref="Columns"/>, or -1.</returns>
    public int IndexOf(string name) => _indexes.GetValueOrDefault(name, -1);
}
