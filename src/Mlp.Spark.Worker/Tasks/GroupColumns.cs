using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Which columns of the rows of a group are for its function: the arguments say how many numbers follow, how many of them are keys, then the columns of the keys and those of the values.</summary>
internal static class GroupColumns
{
    /// <summary>The columns of the values.</summary>
    /// <param name="function">The function.</param>
    /// <exception cref="TaskException">The numbers contradict each other.</exception>
    public static IReadOnlyList<int> ValuesOf(TaskFunction function)
    {
        var numbers = function.Arguments.Select(a => a.Offset).ToArray();
        if (numbers.Length < 2 || numbers[0] != numbers.Length - 1 || numbers[1] > numbers.Length - 2)
        {
            throw new TaskException($"Expected the columns of keys and values of a group, but found the numbers {string.Join(", ", numbers)}.");
        }

        return numbers[(2 + numbers[1])..];
    }
}
