using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.Redaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>The Arrow schema of a model version's log. Immutable and thread-safe.</summary>
internal sealed class PredictionSchema
{
    /// <summary>Type of every time column.</summary>
    public static readonly TimestampType Time = new(TimeUnit.Microsecond, "UTC");

    private readonly RedactionConfiguration? _redaction;

    /// <summary>Derives the schema.</summary>
    /// <param name="model">The version in service.</param>
    /// <param name="redaction">What is logged in place of personal data; null where nothing is redacted.</param>
    public PredictionSchema(ServedModel model, RedactionConfiguration? redaction = null)
    {
        _redaction = redaction;
        Layout = model.Layout;
        Keys = model.Keys;
        HasScores = !HasSingleColumn(model.Manifest);
        Arrow = new Schema([.. CommonFields.Select(WithTagRedaction), .. ScoresFields(), .. FieldsOf(model)], MetadataOf(model));
        LeftOut = new Schema(Arrow.FieldsList.Where(IsSeenLive), Arrow.Metadata);
    }

    /// <summary>The columns that the logs of all models have.</summary>
    public static IReadOnlyList<Field> CommonFields { get; } = [.. OwnFields()];

    /// <summary>The features of the model.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>The parts of the entity key.</summary>
    public IReadOnlyList<KeyColumn> Keys { get; }

    /// <summary>Whether there is a column for the whole row of the score output.</summary>
    public bool HasScores { get; }

    /// <summary>The schema.</summary>
    public Schema Arrow { get; }

    /// <summary>The columns of predictions that are left out of the log, for those who watch the live stream: what the model saw and said, and nothing of who asked.</summary>
    public Schema LeftOut { get; }

    /// <summary>Whether the value of a feature is logged.</summary>
    /// <param name="column">Index of the feature in <see cref="Layout"/>.</param>
    public bool HasValue(int column) => RedactionOf(Layout.Columns[column].Name) is not { Kind: RedactionKind.Erase };

    /// <summary>Arrow type of the column of a part of the key; that in which the offline store keeps it.</summary>
    public static IArrowType TypeOf(EntityValueKind kind) => kind == EntityValueKind.Int64 ? Int64Type.Default : StringType.Default;

    private static IEnumerable<Field> OwnFields()
    {
        yield return new(PredictionColumns.PredictionId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: false);
        yield return new(PredictionColumns.RequestId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: false);
        yield return new(PredictionColumns.EventTime, Time, nullable: false);
        yield return new(PredictionColumns.RequestTime, Time, nullable: false);
        yield return new(PredictionColumns.ModelVersion, Int32Type.Default, nullable: false);
        yield return new(PredictionColumns.Variant, StringType.Default, nullable: false);
        yield return new(PredictionColumns.Outcome, UInt8Type.Default, nullable: false);
        yield return new(PredictionColumns.SamplingWeight, DoubleType.Default, nullable: false);
        yield return new(PredictionColumns.Latency, Int64Type.Default, nullable: false);
        yield return new(PredictionColumns.FeatureLatency, Int64Type.Default, nullable: true);
        yield return new(PredictionColumns.QueueLatency, Int64Type.Default, nullable: true);
        yield return new(PredictionColumns.RunLatency, Int64Type.Default, nullable: true);
        yield return new(PredictionColumns.EntityKey, BinaryType.Default, nullable: true);
        yield return new(PredictionColumns.TraceId, new FixedSizeBinaryType(16), nullable: true);
        yield return new(PredictionColumns.Tags, new MapType(StringType.Default, StringType.Default, nullable: true, keySorted: false), nullable: true);
        yield return new(PredictionColumns.Score, DoubleType.Default, nullable: true);
    }

    private IEnumerable<Field> ScoresFields()
    {
        if (HasScores)
        {
            yield return new(PredictionColumns.Scores, new ListType(new Field("item", DoubleType.Default, nullable: false)), nullable: true);
        }
    }

    /// <summary>What the model brings: its keys, views and features.</summary>
    private IEnumerable<Field> FieldsOf(ServedModel model)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in model.Keys)
        {
            yield return new(Claim(taken, PredictionColumns.KeyOf(key.Name), PredictionColumns.KeyPrefix), TypeOf(key.Kind), nullable: true, [new(PredictionColumns.EntityKeyKey, key.Name), .. SaidOf(key.Name)]);
        }

        foreach (var view in model.Layout.Views)
        {
            yield return new(Claim(taken, PredictionColumns.EventTimeOf(view), PredictionColumns.ViewPrefix), Time, nullable: true, [new(PredictionColumns.ViewEventTimeKey, view)]);
        }

        foreach (var column in model.Layout.Columns)
        {
            var redaction = RedactionOf(column.Name);
            var name = Claim(taken, PredictionColumns.FeatureOf(column.Name), PredictionColumns.FeaturePrefix);
            if (redaction is not { Kind: RedactionKind.Erase })
            {
                yield return new(
                    name,
                    TypeOf(column),
                    nullable: true,
                    [new(redaction is null ? PredictionColumns.FeatureKey : PredictionColumns.RedactedFeatureKey, column.Name), new(PredictionColumns.ViewKey, column.View), .. SaidOf(column.Name)]);
            }

            yield return new(
                Claim(taken, PredictionColumns.StatusOf(column.Name), PredictionColumns.FeaturePrefix),
                UInt8Type.Default,
                nullable: false,
                [new(PredictionColumns.FeatureStatusKey, column.Name), .. SaidOf(column.Name)]);
        }
    }

    private static bool IsSeenLive(Field field) => field.Name switch
    {
        PredictionColumns.EventTime or PredictionColumns.RequestTime or PredictionColumns.ModelVersion or PredictionColumns.Variant or PredictionColumns.Outcome
            or PredictionColumns.SamplingWeight or PredictionColumns.Latency or PredictionColumns.Score or PredictionColumns.Scores => true,
        var name => name.StartsWith(PredictionColumns.FeaturePrefix, StringComparison.Ordinal),
    };

    private ColumnRedaction? RedactionOf(string name) => _redaction is not null && _redaction.Columns.TryGetValue(name, out var redaction) ? redaction : null;

    private IEnumerable<KeyValuePair<string, string>> SaidOf(string name)
        => RedactionOf(name) is { } redaction ? [new(PredictionColumns.RedactionKey, redaction.Describe(_redaction!.Key))] : [];

    private Field WithTagRedaction(Field field)
        => field.Name == PredictionColumns.Tags && _redaction is { Tags.Count: > 0 }
            ? new Field(field.Name, field.DataType, field.IsNullable, [new(PredictionColumns.RedactionKey, JsonSerializer.Serialize(_redaction.Tags.ToDictionary(tag => tag.Key, tag => tag.Value.Describe(_redaction.Key))))])
            : field;

    private static bool HasSingleColumn(ModelManifest manifest)
    {
        var output = manifest.Signature.Outputs.FirstOrDefault(o => o.Name == manifest.Output.ScoreOutput);
        return output is not null && output.Dimensions.Skip(1).All(d => d == 1) && manifest.Output.ScoreIndex == 0;
    }

    private static Dictionary<string, string> MetadataOf(ServedModel model)
    {
        var metadata = new Dictionary<string, string>
        {
            [PredictionColumns.FormatKey] = PredictionColumns.FormatName,
            [PredictionColumns.FormatVersionKey] = SegmentHeader.FormatVersionOf(model.Layout).ToString(CultureInfo.InvariantCulture),
            [PredictionColumns.ModelKey] = model.Manifest.Name,
            [PredictionColumns.ModelVersionKey] = model.Manifest.Version.ToString(CultureInfo.InvariantCulture),
            [PredictionColumns.EntityKeyNamesKey] = JsonSerializer.Serialize(model.Keys.Select(k => k.Name)),
        };
        if (model.Service is { } service)
        {
            metadata.Add(PredictionColumns.ServiceKey, service.Name);
            metadata.Add(PredictionColumns.ServiceVersionKey, service.Version.ToString(CultureInfo.InvariantCulture));
            metadata.Add(PredictionColumns.ServiceFingerprintKey, service.Fingerprint);
        }

        return metadata;
    }

    private static string Claim(HashSet<string> taken, string name, string prefix)
    {
        while (!taken.Add(name))
        {
            name = prefix + name;
        }

        return name;
    }

    private static IArrowType TypeOf(FeatureColumn column) => column.Type switch
    {
        FeatureType.Float32 when column.IsVector => VectorColumn.TypeOf(column.Length),
        FeatureType.Float32 => FloatType.Default,
        FeatureType.Float64 => DoubleType.Default,
        FeatureType.Int64 => Int64Type.Default,
        FeatureType.Boolean => BooleanType.Default,
        FeatureType.String => StringType.Default,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "Expected a known feature type."),
    };
}
