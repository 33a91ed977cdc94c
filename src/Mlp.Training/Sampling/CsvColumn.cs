using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>A column of CSV files, which are texts, and the types that it may be read as.</summary>
/// <param name="name">Its name.</param>
/// <param name="candidates">SQL types in order; the first that all its texts fit is taken.</param>
/// <param name="length">Elements of a vector; 1 for anything else.</param>
internal sealed class CsvColumn(string name, IReadOnlyList<string> candidates, int length = 1)
{
    private const string Time = "TIMESTAMP";

    // A number would not give them back, so that keys that differ would be one.
    private const string LeadingZeros = "[+-]?0[0-9]+";
    private const string LeadingZerosOrPlus = LeadingZeros + "|[+][0-9]+";
    private const string TruthValues = "(?i:true|false)|[01]";

    private readonly string _sql = SqlText.Name(name);

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>SQL types that it may have.</summary>
    public IReadOnlyList<string> Candidates => candidates;

    /// <summary>Form of the numbers that are texts nevertheless; null where the type is declared.</summary>
    private string? Codes { get; init; }

    /// <summary>The columns that are read: an int64 feature may be a time, and what has no declared type is what all its texts are.</summary>
    public static List<CsvColumn> Of(FileColumns columns)
    {
        List<CsvColumn> result =
        [
            .. columns.Features.Select(f => new CsvColumn(f.Name, TypesOf(f), f.Length)),

            // A label is a quantity or one of two signs more often than a code.
            .. columns.Undeclared.Select(n => new CsvColumn(n, ["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR"]) { Codes = n == columns.LabelColumn ? LeadingZeros : LeadingZerosOrPlus }),
        ];
        Add(columns.WeightColumn, ["DOUBLE"]);
        Add(columns.TimeColumn, ["BIGINT", Time]);
        return result;

        void Add(string? name, string[] types)
        {
            if (name is not null && result.TrueForAll(c => c.Name != name))
            {
                result.Add(new CsvColumn(name, types));
            }
        }
    }

    /// <summary>SQL that is true for a text that is not of a type.</summary>
    public string IsBad(string type)
    {
        var isBad = type == Time ? $"({_sql} IS NOT NULL AND NOT coalesce(isfinite(TRY_CAST({_sql} AS TIMESTAMPTZ)), false))" : TextValue.IsBadText(_sql, type, isJson: false) ?? "false";
        if (Codes is not null && type != "VARCHAR")
        {
            var isOther = type == "BOOLEAN" ? $"NOT regexp_full_match(trim({_sql}), '{TruthValues}')" : $"regexp_full_match(trim({_sql}), '{Codes}')";
            return $"({isBad} OR coalesce({isOther}, false))";
        }

        var value = TextValue.FromText(_sql, type);
        return length == 1 ? isBad : FormattableString.Invariant($"({isBad} OR coalesce(len({value}) <> {length}, false))");
    }

    /// <summary>What the texts of a type are, for messages.</summary>
    public string Expected(string type) => type switch
    {
        TextValue.VectorType => FormattableString.Invariant($"lists of {length} numbers of 32 bits"),
        "BIGINT" when candidates.Contains(Time) => "whole numbers of 64 bits, or times alone,",
        "BIGINT" => "whole numbers of 64 bits",
        Time => "times, or whole microseconds alone,",
        "FLOAT" => "numbers of 32 bits",
        "DOUBLE" => "numbers",
        _ => "true or false",
    };

    /// <summary>The column with its type, and SQL of its values.</summary>
    public (ParquetColumn Column, string Sql) As(string type)
    {
        IArrowType arrow = type switch
        {
            TextValue.VectorType => FeatureRowColumns.TypeOf(new FeatureColumn(name, FeatureType.Float32) { Length = length }),
            "FLOAT" => FloatType.Default,
            "DOUBLE" => DoubleType.Default,
            "BOOLEAN" => BooleanType.Default,
            "VARCHAR" => StringType.Default,
            _ => Int64Type.Default,
        };

        // Digits after the microsecond are cut, as in other files.
        var value = type == Time ? $"epoch_us(TRY_CAST({_sql} AS TIMESTAMPTZ))" : TextValue.FromText(_sql, type);
        return (new ParquetColumn(new Field(name, arrow, nullable: true), isTimeOfRow: false), $"{value} AS {_sql}");
    }

    private static string[] TypesOf(FeatureColumn feature) => feature switch
    {
        { IsVector: true } => [TextValue.VectorType],
        { Type: FeatureType.Float32 } => ["FLOAT"],
        { Type: FeatureType.Float64 } => ["DOUBLE"],
        { Type: FeatureType.Boolean } => ["BOOLEAN"],
        { Type: FeatureType.String } => ["VARCHAR"],
        _ => ["BIGINT", Time],
    };
}
