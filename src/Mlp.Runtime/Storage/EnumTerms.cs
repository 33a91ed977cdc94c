using System.Reflection;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Storage;

/// <summary>
/// The words that stand for the members of an enumeration in files, headers and fingerprints: those that <see cref="JsonStringEnumMemberNameAttribute"/> gives them. One word per member in all
/// formats, lower-case with hyphens, and it never changes, whatever the member is called. A member without a word cannot be written. Thread-safe.
/// </summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal static class EnumTerms<T>
    where T : struct, Enum
{
    private static readonly (T Value, string Term)[] Terms =
    [
        .. from field in typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
           let name = field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()
           where name is not null
           select ((T)field.GetValue(null)!, name.Name),
    ];

    /// <summary>The words, in order of declaration.</summary>
    public static IEnumerable<string> All => Terms.Select(t => t.Term);

    /// <summary>The word for a member.</summary>
    /// <param name="value">The member.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has none.</exception>
    public static string Of(T value)
    {
        foreach (var (known, term) in Terms)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
            {
                return term;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, $"Expected a {typeof(T).Name} that can be written.");
    }

    /// <summary>The member that a word stands for.</summary>
    /// <param name="term">The word; compared ordinally.</param>
    /// <returns>The member, or null if the word stands for none.</returns>
    public static T? Find(string? term)
    {
        foreach (var (value, known) in Terms)
        {
            if (known == term)
            {
                return value;
            }
        }

        return null;
    }
}
