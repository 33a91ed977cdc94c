using System.Text;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Numbers of letters, for hashes of texts: 0 is no letter, 1 is every letter that is not in the list. Immutable and thread-safe.</summary>
internal sealed class LetterNumbers
{
    /// <summary>The number of a letter without one of its own.</summary>
    public const int Other = 1;

    private const int First = 2;

    private readonly Dictionary<Rune, int> _numbers;

    /// <param name="letters">One letter each, in the order of their numbers.</param>
    public LetterNumbers(IReadOnlyList<string> letters)
        => _numbers = letters.Select((letter, i) => (letter, i)).ToDictionary(p => Rune.GetRuneAt(p.letter, 0), p => p.i + First);

    /// <summary>The number of a letter.</summary>
    public int NumberOf(Rune letter) => _numbers.GetValueOrDefault(letter, Other);
}
