using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Where tables of one schema keep features and statuses. A prediction log says so in the metadata of its columns, whose names have a prefix; any other table has a feature under its own name. Immutable and
/// thread-safe.
/// </summary>
internal sealed class ColumnNames
{
    private readonly Dictionary<string, List<int>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _features = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _statuses = new(StringComparer.Ordinal);
    private readonly bool _isLog;
    private readonly string _where;

    /// <summary>Looks at a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="where">The model, for messages.</param>
    public ColumnNames(Schema schema, string where)
    {
        _where = where;
        _isLog = IsLog(schema);
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            var field = schema.FieldsList[i];
            if (!_byName.TryGetValue(field.Name, out var same))
            {
                _byName.Add(field.Name, same = []);
            }

            same.Add(i);
            AddTo(_features, field, SchemaMetadata.Feature, i);
            AddTo(_statuses, field, SchemaMetadata.FeatureStatus, i);
        }
    }

    /// <summary>Whether a schema is that of a prediction log.</summary>
    /// <param name="schema">The schema.</param>
    public static bool IsLog(Schema schema)
        => schema.Metadata is { } metadata && metadata.TryGetValue(SchemaMetadata.Format, out var format) && format == SchemaMetadata.PredictionLogFormat;

    /// <summary>Index of a column.</summary>
    /// <param name="name">Name of the column.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ArgumentException">There are two.</exception>
    public int? Find(string name) => _byName.GetValueOrDefault(name) switch
    {
        null => null,
        [var index] => index,
        _ => throw new ArgumentException($"Expected one column '{name}', but found two ({_where})."),
    };

    /// <summary>Index of the column of a feature.</summary>
    /// <param name="feature">Name of the feature.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ArgumentException">There are two.</exception>
    public int? FindFeature(string feature) => _isLog ? IndexOf(_features, feature) : Find(feature);

    /// <summary>Index of the column of a feature's statuses.</summary>
    /// <param name="feature">Name of the feature.</param>
    /// <param name="layout">All features: a column that could be a view's is the view's.</param>
    /// <returns>-1 when there is none.</returns>
    /// <exception cref="ArgumentException">There are two.</exception>
    public int FindStatus(string feature, FeatureRowLayout layout)
        => (_isLog ? IndexOf(_statuses, feature) : layout.Views.Contains(feature) ? null : Find(TrainingSetColumns.StatusOf(feature))) ?? -1;

    /// <summary>Index of the column of the statuses of a feature's view.</summary>
    /// <param name="view">Name of the view; may be empty.</param>
    /// <returns>-1 when there is none.</returns>
    /// <exception cref="ArgumentException">There are two.</exception>
    public int FindViewStatus(string view) => (_isLog || view.Length == 0 ? null : Find(TrainingSetColumns.StatusOf(view))) ?? -1;

    private static void AddTo(Dictionary<string, int> indexes, Field field, string key, int index)
    {
        if (field.HasMetadata && field.Metadata.TryGetValue(key, out var feature))
        {
            indexes.TryAdd(feature, index);
        }
    }

    private static int? IndexOf(Dictionary<string, int> indexes, string name) => indexes.TryGetValue(name, out var index) ? index : null;
}
