using System.Reflection;

namespace Mlp.Features.Definitions;

/// <summary>How a record is made: by its longest public constructor, then by its settable properties.</summary>
internal static class RecordConstruction
{
    internal static ConstructorInfo? ConstructorOf(Type record)
        => record.GetConstructors()
            .Where(c => c.GetParameters() is not [{ } only] || only.ParameterType != record)
            .OrderByDescending(c => c.GetParameters().Length)
            .FirstOrDefault();

    /// <summary>Whether a value for the property can be given when the record is made; what is computed from others cannot.</summary>
    internal static bool CanSet(Type record, PropertyInfo property)
        => property.SetMethod is { IsPublic: true } || ParameterOf(record, property) is not null;

    internal static ParameterInfo? ParameterOf(Type record, PropertyInfo property)
        => ConstructorOf(record)?.GetParameters()
            .FirstOrDefault(p => string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase) && p.ParameterType == property.PropertyType);
}
