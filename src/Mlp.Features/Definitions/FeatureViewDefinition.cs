using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>
/// A feature view: rows of features keyed by entity and dated by event time. Made by attributes on a record (<see cref="FromRecord{T}"/>)
/// or by a <see cref="FeatureViewBuilder"/>. Immutable and thread-safe.
/// </summary>
public sealed class FeatureViewDefinition
{
    /// <summary>Name of the event-time column in stored rows.</summary>
    public const string StoredEventTime = "event_time";

    /// <summary>Name of the created-time column in stored rows.</summary>
    public const string StoredCreatedTime = "created_time";

    /// <summary>Name of the ingest-sequence column in stored rows.</summary>
    public const string StoredSequence = "ingest_sequence";

    private readonly DefinitionDocument _document;

    internal FeatureViewDefinition(DefinitionDocument document)
    {
        _document = (Check(document) with { Keys = [.. document.Keys!], Fields = [.. document.Fields!] }).WithFingerprint();
        TimeToLive = TimeSpan.FromMicroseconds(TimeToLiveMicroseconds);
        StoredSchema = CreateStoredSchema();
    }

    /// <summary>Name of the view.</summary>
    public string Name => _document.Name;

    /// <summary>Version of the view, from 1.</summary>
    public int Version => _document.Version;

    /// <summary>The entity key, in order; at least one part.</summary>
    public IReadOnlyList<KeyColumn> Keys => _document.Keys!;

    /// <summary>The features, in order; at least one.</summary>
    public IReadOnlyList<FeatureField> Fields => _document.Fields!;

    /// <summary>Name of the event-time column in the source.</summary>
    public string EventTimeColumn => _document.EventTimeColumn!;

    /// <summary>Name of the created-time column in the source; null when the source has none.</summary>
    public string? CreatedTimeColumn => _document.CreatedTimeColumn;

    /// <summary>Whether rows are said to have become known at their event time. Never true beside a <see cref="CreatedTimeColumn"/>.</summary>
    public bool CreatedTimeEqualsEventTime => _document.CreatedTimeEqualsEventTime == true;

    /// <summary>How long a row may be used after its event time; <see cref="TimeSpan.Zero"/> means without limit.</summary>
    public TimeSpan TimeToLive { get; }

    /// <summary>Who answers for the view.</summary>
    public string Owner => _document.Owner ?? string.Empty;

    /// <summary>What the view is about.</summary>
    public string Description => _document.Description ?? string.Empty;

    /// <summary>SHA-256 of the canonical definition (name, version, keys, fields, types, order, time to live, where the created time comes from), 64 lower-case hexadecimal digits.</summary>
    public string Fingerprint => _document.Fingerprint;

    /// <summary>
    /// Schema of rows as the stores take them: the keys (int64, or text; a GUID is its canonical text), <see cref="StoredEventTime"/> and
    /// <see cref="StoredCreatedTime"/> as timestamps in microseconds UTC, then the fields; a vector is a fixed-size list of floats.
    /// </summary>
    public Schema StoredSchema { get; }

    /// <summary><see cref="TimeToLive"/> in microseconds; <see cref="Visibility.NoTimeToLive"/> means without limit.</summary>
    internal long TimeToLiveMicroseconds => _document.TimeToLiveMicroseconds ?? Visibility.NoTimeToLive;

    internal DefinitionDocument Document => _document;

    /// <summary>Reads the definition from the attributes of a record.</summary>
    /// <typeparam name="T">A record or class with <see cref="FeatureViewAttribute"/>.</typeparam>
    /// <returns>The definition.</returns>
    /// <exception cref="FeatureDefinitionException">The attributes do not make a view.</exception>
    public static FeatureViewDefinition FromRecord<T>() => RecordAttributes.ReadView(typeof(T));

    /// <summary>Index of a feature by name.</summary>
    /// <param name="field">Feature name, ordinal.</param>
    /// <returns>Index in <see cref="Fields"/>, or -1.</returns>
    public int IndexOfField(string field)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (string.Equals(Fields[i].Name, field, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override string ToString() => $"feature view '{Name}' version {Version}";

    internal static IArrowType ArrowTypeOf(FeatureType type, int length) => length > 1 ? VectorColumn.TypeOf(length) : ArrowTypeOf(type);

    internal static IArrowType ArrowTypeOf(FeatureType type) => type switch
    {
        FeatureType.Float32 => FloatType.Default,
        FeatureType.Float64 => DoubleType.Default,
        FeatureType.Int64 => Int64Type.Default,
        FeatureType.Boolean => BooleanType.Default,
        FeatureType.String => StringType.Default,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Expected a feature type."),
    };

    internal static IArrowType ArrowTypeOf(EntityValueKind kind) => kind == EntityValueKind.Int64 ? Int64Type.Default : StringType.Default;

    private static DefinitionDocument Check(DefinitionDocument document)
    {
        var name = document.Name;
        DefinitionNames.CheckDefinition("feature view", name, document.Version);
        if (document.Keys is not { Count: > 0 })
        {
            throw new FeatureDefinitionException(name, $"Expected the feature view '{name}' to have an entity key, but found none.");
        }

        if (document.Fields is not { Count: > 0 })
        {
            throw new FeatureDefinitionException(name, $"Expected the feature view '{name}' to have a feature, but found none.");
        }

        if (string.IsNullOrEmpty(document.EventTimeColumn))
        {
            throw new FeatureDefinitionException(name, $"Expected the feature view '{name}' to name its event-time column, but found none.");
        }

        if (document.CreatedTimeColumn is not null && document.CreatedTimeEqualsEventTime == true)
        {
            throw new FeatureDefinitionException(
                name, $"Expected the feature view '{name}' to have a created-time column or to say CreatedTimeEqualsEventTime, but found both.");
        }

        if (document.TimeToLiveMicroseconds < 0)
        {
            throw new FeatureDefinitionException(name, $"Expected the time to live of the feature view '{name}' to be zero (without limit) or more, but it is negative.");
        }

        CheckColumns(document);
        return document;
    }

    private static void CheckColumns(DefinitionDocument document)
    {
        foreach (var key in document.Keys!)
        {
            DefinitionNames.CheckColumn(document.Name, key.Name);
            if (key.Kind is not (EntityValueKind.Int64 or EntityValueKind.String or EntityValueKind.Guid))
            {
                throw new FeatureDefinitionException(
                    document.Name, $"Expected key '{key.Name}' of the feature view '{document.Name}' to be an Int64, a String or a Guid, but found {key.Kind}.");
            }
        }

        foreach (var field in document.Fields!)
        {
            DefinitionNames.CheckField(document.Name, field);
            _ = ArrowTypeOf(field.Type);
        }

        DefinitionNames.CheckUnique(document.Name, document.Keys.Select(k => k.Name).Concat(document.Fields.Select(f => f.Name)));
        if (document.Keys.Count > EntityKeyEncoding.MaximumParts)
        {
            throw new FeatureDefinitionException(
                document.Name, $"Expected at most {EntityKeyEncoding.MaximumParts} keys in the feature view '{document.Name}', but found {document.Keys.Count}.");
        }
    }

    private Schema CreateStoredSchema()
    {
        var time = new TimestampType(TimeUnit.Microsecond, "UTC");
        return new Schema(
            [
                .. Keys.Select(k => new Field(k.Name, ArrowTypeOf(k.Kind), nullable: true)),
                new Field(StoredEventTime, time, nullable: false),
                new Field(StoredCreatedTime, time, nullable: false),
                .. Fields.Select(f => new Field(f.Name, ArrowTypeOf(f.Type, f.Length), nullable: true)),
            ],
            metadata: null);
    }
}
