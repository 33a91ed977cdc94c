using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>The Arrow schema of a model version's log. Immutable and thread-safe.</summary>
internal sealed class PredictionSchema
{
    /// <summary>Type of every time column.</summary>
    public static readonly TimestampType Time = new(TimeUnit.Microsecond, "UTC");

    private static readonly string[] Reserved =
    [
        PredictionColumns.PredictionId, PredictionColumns.EventTime, PredictionColumns.LoggedTime, PredictionColumns.ModelVersion, PredictionColumns.Variant,
        PredictionColumns.Outcome, PredictionColumns.Latency, PredictionColumns.EntityKey, PredictionColumns.TraceId, PredictionColumns.Tags,
        PredictionColumns.ShadowOf, PredictionColumns.Score, PredictionColumns.Outputs,
    ];

    /// <summary>Derives the schema.</summary>
    /// <param name="model">The version in service.</param>
    public PredictionSchema(ServedModel model)
    {
        Layout = model.Layout;
        HasOutputs = !HasSingleColumn(model.Manifest);
        var fields = new List<Field>
        {
            new(PredictionColumns.PredictionId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: false),
            new(PredictionColumns.EventTime, Time, nullable: false),
            new(PredictionColumns.LoggedTime, Time, nullable: false),
            new(PredictionColumns.ModelVersion, Int32Type.Default, nullable: false),
            new(PredictionColumns.Variant, StringType.Default, nullable: false),
            new(PredictionColumns.Outcome, UInt8Type.Default, nullable: false),
            new(PredictionColumns.Latency, Int64Type.Default, nullable: false),
            new(PredictionColumns.EntityKey, BinaryType.Default, nullable: true),
            new(PredictionColumns.TraceId, new FixedSizeBinaryType(16), nullable: true),
            new(PredictionColumns.Tags, new MapType(StringType.Default, StringType.Default, nullable: true, keySorted: false), nullable: true),
            new(PredictionColumns.ShadowOf, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: true),
            new(PredictionColumns.Score, DoubleType.Default, nullable: true),
        };
        if (HasOutputs)
        {
            fields.Add(new(PredictionColumns.Outputs, new ListType(new Field("item", DoubleType.Default, nullable: false)), nullable: true));
        }

        var taken = new HashSet<string>(Reserved, StringComparer.OrdinalIgnoreCase);
        fields.AddRange(Layout.Views.Select(view => new Field(Claim(taken, PredictionColumns.EventTimeOf(view)), Time, nullable: true)));
        foreach (var column in Layout.Columns)
        {
            var name = Claim(taken, column.Name);
            fields.Add(new(name, TypeOf(column.Type), nullable: true, [new(PredictionColumns.FeatureKey, column.Name), new(PredictionColumns.ViewKey, column.View)]));
            fields.Add(new(Claim(taken, PredictionColumns.StatusOf(name)), UInt8Type.Default, nullable: false));
        }

        Arrow = new Schema(fields, MetadataOf(model));
    }

    /// <summary>The features of the model.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>Whether there is a column for the whole row of outputs.</summary>
    public bool HasOutputs { get; }

    /// <summary>The schema.</summary>
    public Schema Arrow { get; }

    private static bool HasSingleColumn(ModelManifest manifest)
    {
        var output = manifest.Signature.Outputs.FirstOrDefault(o => o.Name == manifest.Output.ScoreOutput);
        return output is not null && output.Dimensions.Skip(1).All(d => d == 1) && manifest.Output.ScoreIndex == 0;
    }

    private static Dictionary<string, string> MetadataOf(ServedModel model)
    {
        var metadata = new Dictionary<string, string>
        {
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

    private static string Claim(HashSet<string> taken, string name)
    {
        while (!taken.Add(name))
        {
            name = "feature__" + name;
        }

        return name;
    }

    private static IArrowType TypeOf(FeatureType type) => type switch
    {
        FeatureType.Float32 => FloatType.Default,
        FeatureType.Float64 => DoubleType.Default,
        FeatureType.Int64 => Int64Type.Default,
        FeatureType.Boolean => BooleanType.Default,
        FeatureType.String => StringType.Default,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Expected a known feature type."),
    };
}
