using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Tests.Tasks;

public class TaskFilesTests
{
    [Theory]
    [InlineData("/files", "a\0b", "Expected the path of the model, but found one with a null character.")]
    [InlineData("/files", "/a\0b", "Expected the path of the model, but found one with a null character.")]
    [InlineData("/fi\0les", "a", "Expected the folder that files of the session lie in, but found one with a null character.")]
    [InlineData("", "a", "Expected the folder that files of the session lie in, but found an empty one.")]
    public void Find_WhatIsNoPath_IsRefusedWithASentence(string folder, string path, string expected)
        => Assert.Equal(expected, Assert.Throws<TaskException>(() => new TaskFiles(folder).Find(new FileReference(path, new string('a', 64)), "the model")).Message);
}
