using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Joins;

/// <summary>Makes the error of a column that does not fit.</summary>
/// <param name="column">Name of the column.</param>
/// <param name="expected">What was expected.</param>
/// <param name="found">What was found.</param>
internal delegate Exception ColumnMisfit(string column, string expected, string found);

/// <summary>The columns of a table, as SQL that brings them into the form of the offline store. Nothing is narrowed. Immutable.</summary>
/// <param name="columns">The columns, in order.</param>
internal sealed class StoredColumns(IEnumerable<TableColumn> columns)
{
    private readonly IReadOnlyList<TableColumn> _columns = [.. columns];

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> Names => [.. _columns.Select(column => column.Name)];

    /// <summary>A column that must be there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="misfit">Makes the error.</param>
    /// <returns>Its name.</returns>
    public string Require(string name, ColumnMisfit misfit) => Find(name, "a value", misfit).Name;

    /// <summary>A key in its canonical form.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="kind">What the key is.</param>
    /// <param name="misfit">Makes the error.</param>
    public string Key(string name, EntityValueKind kind, ColumnMisfit misfit)
    {
        var expected = kind == EntityValueKind.Int64 ? "an integer key" : kind == EntityValueKind.Guid ? "a GUID key (its text)" : "a text key";
        var column = Find(name, expected, misfit);
        return ColumnFit.Holds(column.Type, kind == EntityValueKind.Int64 ? FeatureType.Int64 : FeatureType.String, isVector: false, round: false)
            ? $"{SparkSql.Key(SparkSql.Name(column.Name), kind)} AS {SparkSql.Name(name)}"
            : throw misfit(name, expected, column.Description);
    }

    /// <summary>A time as a timestamp. Rows without one are refused where they are joined, but where the column holds something else than timestamps, here.</summary>
    /// <param name="name">Name of the column.</param>
    /// <param name="misfit">Makes the error.</param>
    /// <param name="alias">What it is called then; null for its name.</param>
    public string Time(string name, ColumnMisfit misfit, string? alias = null)
    {
        const string Expected = "a time (a timestamp, a date, or a bigint of microseconds)";
        var column = Find(name, Expected, misfit);
        SparkTimeType? type = column.Type switch
        {
            TimestampType { Timezone: { Length: > 0 } } => SparkTimeType.Timestamp,
            TimestampType => SparkTimeType.TimestampWithoutZone,
            Date32Type => SparkTimeType.Date,
            Int64Type => SparkTimeType.Microseconds,
            _ => null,
        };
        var sql = type switch
        {
            null => throw misfit(name, Expected, column.Description),
            SparkTimeType.Timestamp => SparkSql.Name(column.Name),
            _ => $"timestamp_micros({SparkSql.Microseconds(column.Name, string.Empty, type.Value, "the table")})",
        };
        return $"{sql} AS {SparkSql.Name(alias ?? name)}";
    }

    /// <summary>A feature, widened where its column is narrower; the length of vectors is checked when they are read.</summary>
    /// <param name="field">The feature.</param>
    /// <param name="view">Its view, for messages.</param>
    /// <param name="misfit">Makes the error.</param>
    public string Feature(FeatureField field, FeatureViewDefinition view, ColumnMisfit misfit)
    {
        var expected = field.IsVector ? $"arrays of float, {field.TypeName}," : $"{SparkSql.TypeOf(field)}";
        var column = Find(field.Name, expected, misfit);
        if (!ColumnFit.Holds(column.Type, field.Type, field.IsVector, round: false))
        {
            throw misfit(field.Name, expected, column.Description);
        }

        var name = SparkSql.Name(column.Name);
        if (!field.IsVector)
        {
            return $"CAST({name} AS {SparkSql.TypeOf(field)}) AS {SparkSql.Name(field.Name)}";
        }

        var sentence = SparkSql.Text(FormattableString.Invariant($"Expected {field.Length} elements, none null, in every row of column '{field.Name}' of the table of {view}, but found a row with others."));
        return FormattableString.Invariant($"CASE WHEN {name} IS NOT NULL AND (size({name}) <> {field.Length} OR exists({name}, y -> y IS NULL)) THEN CAST(raise_error({sentence}) AS ARRAY<FLOAT>) ELSE {name} END AS {SparkSql.Name(field.Name)}");
    }

    // As Spark finds them: without regard to case.
    private TableColumn Find(string name, string expected, ColumnMisfit misfit)
        => _columns.FirstOrDefault(column => column.Name == name) ?? _columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw misfit(name, expected, $"columns {string.Join(", ", _columns.Select(column => $"'{column.Name}'"))}");
}
