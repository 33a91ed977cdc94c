using System.Reflection;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>A property that an on-demand view gets from a stored feature of the service: its value, or its status.</summary>
/// <param name="Property">The property.</param>
/// <param name="Field">The feature, by its column name in the service.</param>
/// <param name="FieldIndex">Index of the feature among <see cref="OnDemandFeatureViewDefinition.InputFields"/>.</param>
/// <param name="IsStatus">Whether the property takes the status.</param>
internal sealed record OnDemandInput(PropertyInfo Property, FeatureField Field, int FieldIndex, bool IsStatus)
{
    private const string StatusSuffix = "Status";

    /// <summary>The properties of a record of inputs.</summary>
    /// <exception cref="FeatureDefinitionException">A property is not nullable, has no feature type, or is the status of no other.</exception>
    internal static IReadOnlyList<OnDemandInput> Read(string definition, Type record)
    {
        var properties = RecordAttributes.Properties(record).Where(property => RecordConstruction.CanSet(record, property)).ToList();
        var values = properties.Where(property => property.PropertyType != typeof(FeatureStatus)).Select((property, i) => new OnDemandInput(property, FieldOf(definition, record, property), i, IsStatus: false)).ToList();
        if (values.Count == 0)
        {
            throw new FeatureDefinitionException(definition, $"Expected '{record.Name}' of the on-demand feature view '{definition}' to have properties for stored features, but found none.");
        }

        DefinitionNames.CheckUnique(definition, values.Select(value => value.Field.Name));
        return [.. properties.Select(property => values.Find(value => value.Property == property) ?? StatusOf(definition, record, property, values))];
    }

    private static FeatureField FieldOf(string definition, Type record, PropertyInfo property)
    {
        var attribute = RecordAttributes.Find<FeatureAttribute>(record, property);
        DefinitionNames.CheckColumn(definition, RecordAttributes.ColumnOf(attribute?.Name, property));
        var field = RecordAttributes.FieldOf(record, property, attribute, $"on-demand feature view '{definition}'", definition);
        return field is not null && (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null)
            ? field
            : throw new FeatureDefinitionException(
                definition,
                $"Expected '{record.Name}.{property.Name}' of the on-demand feature view '{definition}' to be a float?, double?, integer (not ulong) that may be null, bool?, string, float[] or ReadOnlyMemory<float>?, because a stored feature may be absent, or a FeatureStatus, but found {property.PropertyType.Name}.");
    }

    private static OnDemandInput StatusOf(string definition, Type record, PropertyInfo property, List<OnDemandInput> values)
        => values.Find(value => property.Name == value.Property.Name + StatusSuffix) is { } value
            ? value with { Property = property, IsStatus = true }
            : throw new FeatureDefinitionException(
                definition,
                $"Expected the status '{record.Name}.{property.Name}' of the on-demand feature view '{definition}' to be called like another property with '{StatusSuffix}' behind its name, but found no such property.");
}
