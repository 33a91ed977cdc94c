using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Defines a feature view whose schema is known only at run time. Not thread-safe.</summary>
/// <param name="name">Name of the view: 1 to 100 lower-case letters, digits, <c>_</c>, <c>-</c> and <c>.</c>.</param>
/// <param name="version">Version, from 1.</param>
public sealed class FeatureViewBuilder(string name, int version = 1)
{
    private readonly List<KeyColumn> _keys = [];
    private readonly List<FeatureField> _fields = [];
    private string? _eventTime;
    private string? _createdTime;
    private bool _createdTimeEqualsEventTime;
    private TimeSpan _timeToLive;
    private string _owner = string.Empty;
    private string _description = string.Empty;

    /// <summary>Adds a part of the entity key.</summary>
    /// <param name="column">Column name.</param>
    /// <param name="kind">Int64, String or Guid.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Key(string column, EntityValueKind kind)
    {
        _keys.Add(new KeyColumn(column, kind));
        return this;
    }

    /// <summary>Names the column that says when the values became true.</summary>
    /// <param name="column">Column name in the source.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder EventTime(string column)
    {
        _eventTime = column;
        return this;
    }

    /// <summary>Names the column that says when the values became known.</summary>
    /// <param name="column">Column name in the source.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder CreatedTime(string column)
    {
        _createdTime = column;
        return this;
    }

    /// <summary>Says that rows became known at their event time, for sources without a created time.</summary>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder CreatedTimeEqualsEventTime()
    {
        _createdTimeEqualsEventTime = true;
        return this;
    }

    /// <summary>Adds a feature.</summary>
    /// <param name="column">Column name.</param>
    /// <param name="type">Type of its values; every feature may be null.</param>
    /// <param name="description">What it means.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such type.</exception>
    public FeatureViewBuilder Feature(string column, FeatureType type, string description = "")
    {
        if (!Enum.IsDefined(type))
        {
            throw new FeatureDefinitionException(name, FormattableString.Invariant($"Expected a feature type for feature '{column}' of view '{name}', but found {(int)type}."));
        }

        _fields.Add(new FeatureField(column, type, description));
        return this;
    }

    /// <summary>Adds a feature that was read from a record.</summary>
    internal void Feature(FeatureField field) => _fields.Add(field);

    /// <summary>Adds a feature that is a vector of float32, an embedding. It is null or present as a whole; a NaN within it is a value.</summary>
    /// <param name="column">Column name.</param>
    /// <param name="length">Number of elements of every vector: 2 to <see cref="VectorLength.Maximum"/>.</param>
    /// <param name="description">What it means.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">The length is not allowed.</exception>
    public FeatureViewBuilder Vector(string column, int length, string description = "")
    {
        DefinitionNames.CheckVector(name, column, length);
        _fields.Add(new FeatureField(column, FeatureType.Float32, description) { Length = length });
        return this;
    }

    /// <summary>Sets how long a row may be used after its event time.</summary>
    /// <param name="timeToLive">At least a microsecond, and rounded down to it; zero means without limit, which is the default.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder TimeToLive(TimeSpan timeToLive)
    {
        _timeToLive = timeToLive;
        return this;
    }

    /// <summary>Says who answers for the view.</summary>
    /// <param name="owner">A name or an address.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Owner(string owner)
    {
        _owner = owner;
        return this;
    }

    /// <summary>Says what the view is about.</summary>
    /// <param name="description">A sentence.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Description(string description)
    {
        _description = description;
        return this;
    }

    /// <summary>Makes the definition.</summary>
    /// <returns>The definition.</returns>
    /// <exception cref="FeatureDefinitionException">A part is missing or not allowed.</exception>
    public FeatureViewDefinition Build()
    {
        if (_timeToLive != TimeSpan.Zero && _timeToLive < TimeSpan.FromMicroseconds(1))
        {
            // Rounded down it would be zero, which means without limit.
            throw new FeatureDefinitionException(
                name, $"Expected the time to live of the feature view '{name}' to be zero (without limit) or at least a microsecond, but it is {(_timeToLive < TimeSpan.Zero ? "negative" : "shorter")}.");
        }

        return new FeatureViewDefinition(CreateDocument());
    }

    private DefinitionDocument CreateDocument() => new()
    {
        Kind = DefinitionDocument.FeatureViewKind,
        Name = name,
        Version = version,
        Keys = [.. _keys],
        Fields = [.. _fields],
        TimeToLiveMicroseconds = Microseconds.FromTimeSpan(_timeToLive),
        EventTimeColumn = _eventTime,
        CreatedTimeColumn = _createdTime,
        CreatedTimeEqualsEventTime = _createdTimeEqualsEventTime,
        Owner = _owner,
        Description = _description,
    };
}
