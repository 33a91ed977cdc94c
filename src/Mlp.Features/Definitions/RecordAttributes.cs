using System.Globalization;
using System.Reflection;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Reads the attributes of records. An attribute on a positional parameter counts as one on the property of that name.</summary>
internal static class RecordAttributes
{
    internal static FeatureViewDefinition ReadView(Type record)
    {
        var view = record.GetCustomAttribute<FeatureViewAttribute>()
            ?? throw new FeatureDefinitionException(record.Name, $"Expected the attribute [FeatureView] on '{record.Name}', but found none.");
        var builder = new FeatureViewBuilder(view.Name, view.Version)
            .Owner(view.Owner)
            .Description(view.Description)
            .TimeToLive(ReadTimeToLive(view));
        if (view.CreatedTimeEqualsEventTime)
        {
            builder.CreatedTimeEqualsEventTime();
        }

        var times = new List<string>();
        foreach (var property in Properties(record))
        {
            ReadProperty(builder, view.Name, record, property, times);
        }

        return builder.Build();
    }

    /// <summary>The properties of a record in order of declaration.</summary>
    internal static IEnumerable<PropertyInfo> Properties(Type record)
        => record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0)
            .OrderBy(p => p.MetadataToken);

    internal static TAttribute? Find<TAttribute>(Type record, PropertyInfo property)
        where TAttribute : Attribute
        => property.GetCustomAttribute<TAttribute>()
            ?? record.GetConstructors()
                .SelectMany(c => c.GetParameters())
                .FirstOrDefault(p => string.Equals(p.Name, property.Name, StringComparison.Ordinal) && p.ParameterType == property.PropertyType)
                ?.GetCustomAttribute<TAttribute>();

    internal static string ColumnOf(string? name, PropertyInfo property) => name ?? DefinitionNames.ToSnakeCase(property.Name);

    /// <summary>A property as a feature: its type, and the length of a vector.</summary>
    /// <returns>The feature, or null if the property has a type that is no feature's.</returns>
    /// <exception cref="FeatureDefinitionException">A vector has no length that is allowed, or something else has one.</exception>
    internal static FeatureField? FieldOf(Type record, PropertyInfo property, FeatureAttribute? attribute, string where, string definition)
    {
        var column = ColumnOf(attribute?.Name, property);
        var length = attribute?.Length ?? 0;
        if (RecordTypes.IsVector(property.PropertyType))
        {
            return length is >= 2 and <= VectorLength.Maximum
                ? new FeatureField(column, FeatureType.Float32, attribute!.Description) { Length = length }
                : throw new FeatureDefinitionException(definition, FormattableString.Invariant(
                    $"Expected [Feature(Length = ...)] with the number of elements, 2 to {VectorLength.Maximum}, on the vector '{record.Name}.{property.Name}' of the {where}, but found {(length == 0 ? "none" : length)}."));
        }

        if (RecordTypes.FeatureTypeOf(property.PropertyType) is not { } type)
        {
            return null;
        }

        return length is 0 or 1
            ? new FeatureField(column, type, attribute?.Description ?? string.Empty)
            : throw new FeatureDefinitionException(definition, FormattableString.Invariant(
                $"Expected '{record.Name}.{property.Name}' of the {where} to be a float[] or ReadOnlyMemory<float>, because it has a length of {length}, but found {property.PropertyType.Name}."));
    }

    private static void ReadProperty(FeatureViewBuilder builder, string view, Type record, PropertyInfo property, List<string> times)
    {
        if (Find<EntityKeyAttribute>(record, property) is { } key)
        {
            var kind = RecordTypes.KeyKindOf(property.PropertyType)
                ?? throw Unsupported(view, record, property, "an integer, a string or a Guid");
            builder.Key(ColumnOf(key.Name, property), kind);
        }

        if (Find<EventTimestampAttribute>(record, property) is { } eventTime)
        {
            CheckTime(view, record, property, "EventTimestamp", times);
            builder.EventTime(ColumnOf(eventTime.Name, property));
        }

        if (Find<CreatedTimestampAttribute>(record, property) is { } createdTime)
        {
            CheckTime(view, record, property, "CreatedTimestamp", times);
            builder.CreatedTime(ColumnOf(createdTime.Name, property));
        }

        if (Find<FeatureAttribute>(record, property) is { } feature)
        {
            var field = FieldOf(record, property, feature, $"feature view '{view}'", view)
                ?? throw Unsupported(view, record, property, "a float, double, integer (not ulong), bool, string or vector (float[] or ReadOnlyMemory<float>)");
            builder.Feature(field);
        }
    }

    private static void CheckTime(string view, Type record, PropertyInfo property, string attribute, List<string> times)
    {
        if (!RecordTypes.IsTime(property.PropertyType))
        {
            throw Unsupported(view, record, property, "a DateTimeOffset or a DateTime");
        }

        if (times.Contains(attribute))
        {
            throw new FeatureDefinitionException(view, $"Expected one property of '{record.Name}' with [{attribute}], but found a second, '{property.Name}'.");
        }

        times.Add(attribute);
    }

    private static TimeSpan ReadTimeToLive(FeatureViewAttribute view)
    {
        if (view.TimeToLive is null)
        {
            return TimeSpan.FromSeconds(view.TimeToLiveSeconds);
        }

        if (view.TimeToLiveSeconds != 0)
        {
            throw new FeatureDefinitionException(view.Name, $"Expected the feature view '{view.Name}' to set TimeToLive or TimeToLiveSeconds, but found both.");
        }

        return TimeSpan.TryParse(view.TimeToLive, CultureInfo.InvariantCulture, out var span)
            ? span
            : throw new FeatureDefinitionException(
                view.Name, $"Expected TimeToLive of the feature view '{view.Name}' to be a time span such as '7.00:00:00', but found '{view.TimeToLive}'.");
    }

    private static FeatureDefinitionException Unsupported(string view, Type record, PropertyInfo property, string expected)
        => new(view, $"Expected '{record.Name}.{property.Name}' of the feature view '{view}' to be {expected}, but found {property.PropertyType.Name}.");
}
