using System.ComponentModel.DataAnnotations.Schema;
using System.Reflection;

namespace Mlp.Runtime.Inference;

/// <summary>How a property of C# and a name of the platform find each other: case and underscores do not count, and a <see cref="ColumnAttribute"/> gives a property another name.</summary>
internal static class PropertyNames
{
    /// <summary>The form in which names are compared.</summary>
    /// <param name="name">A name.</param>
    public static string Normalise(string name) => name.Replace("_", string.Empty, StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>Whether a property goes by a name.</summary>
    /// <param name="property">The property.</param>
    /// <param name="name">The name.</param>
    public static bool Matches(PropertyInfo property, string name)
        => property.GetCustomAttribute<ColumnAttribute>()?.Name is { } given ? given == name : Normalise(property.Name) == Normalise(name);

    /// <summary>The properties that can be read.</summary>
    /// <param name="type">A type.</param>
    public static IEnumerable<PropertyInfo> Readable(Type type)
        => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0);

    /// <summary>The properties of a type as part of a sentence.</summary>
    /// <param name="type">A type.</param>
    public static string Text(Type type)
    {
        var names = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => $"'{p.Name}'").ToList();
        return names.Count == 0 ? "no properties" : "properties " + string.Join(", ", names);
    }
}
